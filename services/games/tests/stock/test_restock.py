"""Refills over the API."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.testing import Answer, AsgiClient

Restock = Callable[..., Awaitable[Answer]]


@pytest_asyncio.fixture
async def restock(operator: AsgiClient, lottery_config: Callable[..., dict[str, Any]]) -> Restock:
    """Return a function that restocks a prize; ``gold`` was opened with 7 units, ``nothing`` is unlimited."""
    answer = await operator.post("/api/admin/lottery/configs", body=lottery_config(stock=7))
    assert answer.status == 201

    async def restocked(delta: Any, key: str = "gold", **options: Any) -> Answer:
        return await operator.post(f"/api/admin/lottery/prizes/{key}/restock", body={"delta": delta}, **options)

    return restocked


async def events(owner: asyncpg.Connection) -> list[tuple[str, int | None, int | None]]:
    rows = await owner.fetch(
        "SELECT kind, delta, \"left\" FROM lottery_stock_event WHERE prize_key = 'gold' ORDER BY id"
    )
    return [(row["kind"], row["delta"], row["left"]) for row in rows]


async def test_a_prize_is_restocked_emptied_and_refilled(restock: Restock, owner: asyncpg.Connection) -> None:
    answers = [(await restock(delta)).body for delta in (3, -4, -6, 5)]
    assert answers == [{"left": left, "issued": 0} for left in (10, 6, 0, 5)]
    assert await events(owner) == [
        ("opened", 7, 7),
        ("restocked", 3, 10),
        ("restocked", -4, 6),
        ("exhausted", -6, 0),
        ("refilled", 5, 5),
    ]


async def test_units_won_stay_counted(restock: Restock, owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE lottery_stock SET \"left\" = 2, issued = 5 WHERE prize_key = 'gold'")
    assert (await restock(1)).body == {"left": 3, "issued": 5}


@pytest.mark.parametrize(
    ("delta", "key", "status", "code"),
    [
        (-8, "gold", 409, "STOCK_BELOW_ZERO"),
        (1, "nothing", 409, "STOCK_UNLIMITED"),
        (1, "silver", 404, "PRIZE_NOT_FOUND"),
        (1, "Gold", 404, "PRIZE_NOT_FOUND"),
        (1, "go\0ld", 404, "PRIZE_NOT_FOUND"),
        (0, "gold", 422, "VALIDATION_FAILED"),
        ("1", "gold", 422, "VALIDATION_FAILED"),
        (1.5, "gold", 422, "VALIDATION_FAILED"),
        (10**12 + 1, "gold", 422, "VALIDATION_FAILED"),
        (None, "gold", 422, "VALIDATION_FAILED"),
    ],
)
async def test_a_refused_refill_changes_nothing(
    restock: Restock, owner: asyncpg.Connection, delta: Any, key: str, status: int, code: str
) -> None:
    answer = await restock(delta, key)
    assert (answer.status, answer.code) == (status, code)
    if status == 422:
        assert [error["loc"] for error in answer.body["errors"]] == [["delta"]]
    assert await events(owner) == [("opened", 7, 7)]
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'PRIZE_RESTOCKED'") == 0


async def test_a_repeated_key_refills_once(restock: Restock) -> None:
    headers = {"idempotency-key": "one"}
    first, again = [await restock(3, headers=headers) for _ in range(2)]
    assert first.body == again.body == {"left": 10, "issued": 0}
    assert again.headers["idempotency-replayed"] == "true"
    assert (await restock(4, headers=headers)).code == "IDEMPOTENCY_KEY_REUSED"
    assert (await restock(4, headers={"idempotency-key": "a b"})).code == "IDEMPOTENCY_KEY_INVALID"


async def test_a_refused_refill_leaves_its_key_unused(restock: Restock) -> None:
    headers = {"idempotency-key": "one"}
    assert (await restock(-8, headers=headers)).code == "STOCK_BELOW_ZERO"
    await restock(1)
    assert (await restock(-8, headers=headers)).body == {"left": 0, "issued": 0}


async def test_twenty_withdrawals_at_once_take_exactly_what_is_left(restock: Restock) -> None:
    answers = await asyncio.gather(*(restock(-1) for _ in range(20)))
    assert Counter(answer.status for answer in answers) == {200: 7, 409: 13}
    assert sorted(answer.body["left"] for answer in answers if answer.status == 200) == list(range(7))


async def test_the_audit_log_says_who_changed_what(restock: Restock, owner: asyncpg.Connection) -> None:
    await restock(3)
    row = await owner.fetchrow("SELECT * FROM audit_log WHERE action = 'PRIZE_RESTOCKED'")
    assert row is not None
    assert (row["user_id"], row["subject"]) == (900, "prize:gold")
    assert json.loads(row["before"]) == {"left": 7, "issued": 0}
    assert json.loads(row["after"]) == {"left": 10, "issued": 0}


async def test_only_operators_see_and_change_stock(restock: Restock, anybody: AsgiClient, player: AsgiClient) -> None:
    path = "/api/admin/lottery/prizes/gold/restock"
    assert (await anybody.post(path, body={"delta": 1})).code == "UNAUTHENTICATED"
    assert (await player.post(path, body={"delta": 1})).code == "FORBIDDEN"
    assert (await player.get("/api/admin/lottery/prizes")).code == "FORBIDDEN"
    assert (await restock(1)).body["left"] == 8


async def test_prizes_are_listed_by_key_page_by_page(restock: Restock, operator: AsgiClient) -> None:
    first = (await operator.get("/api/admin/lottery/prizes", query={"limit": 1})).body
    assert first["items"] == [{"key": "gold", "left": 7, "issued": 0}]
    query = {"limit": 1, "cursor": first["next_cursor"]}
    second = (await operator.get("/api/admin/lottery/prizes", query=query)).body
    assert second == {"items": [{"key": "nothing", "left": None, "issued": 0}], "next_cursor": None}
