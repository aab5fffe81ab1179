"""What is refused leaves no trace in any table, whichever game it was meant for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.testing import Answer, AsgiClient
from fairground_common.testing.contents import contents

Config = Callable[..., dict[str, Any]]
Post = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Activate = Callable[..., Awaitable[Answer]]
Loc = list[str | int]

REWARDS: list[tuple[Any, list[str]]] = [
    ({"type": "MONEY", "amount": 1}, ["type"]),
    ({"amount": 1}, ["type"]),
    ({"type": "COUPON", "amount": 1}, ["sku"]),
    ({"type": "ITEM", "amount": 1, "sku": ""}, ["sku"]),
    ({"type": "XP", "amount": -1}, ["amount"]),
    ({"type": "POINT", "amount": 2**31}, ["amount"]),
    ({"type": "POINT", "amount": 1.5}, ["amount"]),
    ({"type": "POINT", "amount": "1"}, ["amount"]),
    ({"type": "NONE", "amount": 1}, ["amount"]),
    ({"type": "POINT", "amount": 1, "label": "x" * 65}, ["label"]),
    ({"type": "POINT", "amount": 1, "currency": "KRW"}, ["currency"]),
    ("POINT", []),
]
"""What no reward may be, and which of its fields is named."""

PRIZES: list[tuple[dict[str, Any], Loc]] = [
    ({"key": ""}, ["key"]),
    ({"key": None}, ["key"]),
    ({"label": ""}, ["label"]),
    ({"weight": 10**9 + 1}, ["weight"]),
    ({"weight": 1.0}, ["weight"]),
    ({"weight": None}, ["weight"]),
    ({"stock": 10**12 + 1}, ["stock"]),
    ({"stock": 1.0}, ["stock"]),
    ({"stock": True}, ["stock"]),
    ({"is_active": "yes"}, ["is_active"]),
    ({"colour": "red"}, ["colour"]),
]
"""What no prize may have beside that."""


@pytest_asyncio.fixture
async def nothing_changes(
    owner: asyncpg.Connection, post: Post, activate: Activate, lottery_config: Config
) -> AsyncIterator[None]:
    """Compare every table before and after the test; a lottery is in force in both."""
    await post("lottery", lottery_config())
    await activate("lottery", 1)
    before = await contents(owner)
    yield
    assert await contents(owner) == before


async def assert_refused(post: Post, game: str, config: dict[str, Any], loc: Loc) -> None:
    answer = await post(game, config)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED"), (config, answer.body)
    assert [error["loc"] for error in answer.body["errors"]] == [loc]


@pytest.mark.usefixtures("nothing_changes")
async def test_what_no_reward_may_be_is_refused_in_every_game(
    post: Post, roulette_config: Config, dice_config: Config, lottery_config: Config
) -> None:
    for reward, field in REWARDS:
        wheel, dice, lottery = roulette_config(), dice_config(), lottery_config(stock=None)
        wheel["segments"][4]["reward"] = dice["rewards"]["LOSE"] = lottery["prizes"][1]["reward"] = reward
        await assert_refused(post, "roulette", wheel, ["segments", 4, "reward", *field])
        await assert_refused(post, "dice", dice, ["rewards", "LOSE", *field])
        await assert_refused(post, "lottery", lottery, ["prizes", 1, "reward", *field])


@pytest.mark.usefixtures("nothing_changes")
async def test_what_no_prize_may_have_is_refused_with_its_new_neighbours(post: Post, lottery_config: Config) -> None:
    for changes, field in PRIZES:
        config = lottery_config(stock=None)
        config["prizes"].insert(0, config["prizes"][1] | {"key": "new", "stock": 3})
        config["prizes"][2].update(changes)
        await assert_refused(post, "lottery", config, ["prizes", 2, *field])


@pytest.mark.usefixtures("nothing_changes")
async def test_too_many_prizes_are_refused(post: Post, lottery_config: Config) -> None:
    config = lottery_config()
    config["prizes"] = [config["prizes"][1] | {"key": f"prize-{number}"} for number in range(1001)]
    await assert_refused(post, "lottery", config, ["prizes"])


@pytest.mark.usefixtures("nothing_changes")
async def test_an_opening_stock_of_a_known_key_is_refused_with_all_its_neighbours(
    post: Post, lottery_config: Config
) -> None:
    config = lottery_config(stock=9)
    config["prizes"].append(config["prizes"][1] | {"key": "new", "stock": 3})
    refused = await post("lottery", config)
    assert (refused.status, refused.code) == (422, "STOCK_EXISTS")
    assert [error["loc"] for error in refused.body["errors"]] == [["prizes", 0, "stock"]]


@pytest.mark.usefixtures("nothing_changes")
async def test_a_missing_version_or_another_games_is_neither_activated_nor_retired(admin: AsgiClient) -> None:
    for game, version in (("lottery", "2"), ("lottery", "0"), ("dice", "1"), ("roulette", "1"), ("dice", f"{2**31}")):
        for step in ("activate", "retire"):
            path = f"/api/admin/{game}/configs/{version}/{step}"
            refused = await admin.post(path, headers={"idempotency-key": "one"})
            assert (refused.status, refused.code) == (404, "CONFIG_NOT_FOUND"), path


@pytest.mark.usefixtures("nothing_changes")
async def test_a_version_that_is_no_number_names_the_field(admin: AsgiClient) -> None:
    for version in ("first", "1.5", "0x1"):
        for step in ("activate", "retire", "simulate"):
            refused = await admin.post(f"/api/admin/lottery/configs/{version}/{step}")
            assert (refused.status, refused.code) == (422, "VALIDATION_FAILED")
            assert [error["loc"] for error in refused.body["errors"]] == [["path", "version"]]
