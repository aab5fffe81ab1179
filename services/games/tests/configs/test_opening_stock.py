"""Stock is opened by the configuration that names a key first, and is no part of any version."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from fairground_common.testing import Answer, AsgiClient

Config = Callable[..., dict[str, Any]]
Post = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Activate = Callable[..., Awaitable[Answer]]


async def stocks(operator: AsgiClient) -> dict[str, int | None]:
    answer = await operator.get("/api/admin/lottery/prizes")
    return {item["key"]: item["left"] for item in answer.body["items"]}


async def test_new_keys_are_opened_when_they_are_posted(
    owner: asyncpg.Connection, operator: AsgiClient, post: Post, lottery_config: Config
) -> None:
    assert (await post("lottery", lottery_config(stock=7))).status == 201
    assert await stocks(operator) == {"gold": 7, "nothing": None}
    events = await owner.fetch('SELECT prize_key, kind, "left" FROM lottery_stock_event ORDER BY id')
    assert [tuple(event) for event in events] == [("gold", "opened", 7), ("nothing", "opened", None)]


async def test_an_opening_stock_may_be_0(operator: AsgiClient, post: Post, lottery_config: Config) -> None:
    assert (await post("lottery", lottery_config(stock=0))).status == 201
    assert (await stocks(operator))["gold"] == 0


async def test_a_stock_for_a_known_key_is_refused_and_nothing_is_stored(
    operator: AsgiClient, post: Post, lottery_config: Config
) -> None:
    await post("lottery", lottery_config(stock=7))
    config = lottery_config(stock=9)
    config["prizes"].insert(0, config["prizes"][1] | {"key": "new", "stock": 3})
    refused = await post("lottery", config)
    assert (refused.status, refused.code) == (422, "STOCK_EXISTS")
    assert [error["loc"] for error in refused.body["errors"]] == [["prizes", 1, "stock"]]
    assert await stocks(operator) == {"gold": 7, "nothing": None}
    assert len((await operator.get("/api/admin/lottery/configs")).body["items"]) == 1


async def test_a_stock_for_a_known_unlimited_key_is_refused(post: Post, lottery_config: Config) -> None:
    await post("lottery", lottery_config(stock=None))
    assert (await post("lottery", lottery_config(stock=7))).code == "STOCK_EXISTS"


async def test_stock_survives_new_versions_and_activation(
    operator: AsgiClient, post: Post, activate: Activate, lottery_config: Config
) -> None:
    await post("lottery", lottery_config(stock=7))
    await activate("lottery", 1)
    assert (await post("lottery", lottery_config(stock=None))).status == 201
    await activate("lottery", 2)
    assert await stocks(operator) == {"gold": 7, "nothing": None}
