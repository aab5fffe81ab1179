"""A campaign taken back: points by another entry, what was not handed over is cancelled, the rest is named."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient
from fairground_common.testing.contents import contents

Row = Callable[..., dict[str, Any]]
Grant = Callable[..., Awaitable[Answer]]
Balances = Callable[[], Awaitable[dict[int, int]]]
Undo = Callable[..., Awaitable[Answer]]

SPRING = "/api/admin/games/grants/spring"
DESK = "/api/admin/fulfilments"
COUPON = {"type": "COUPON", "amount": 1, "sku": "latte"}


@pytest.fixture
def undo(admin: AsgiClient) -> Undo:
    async def send(key: str | None = None) -> Answer:
        return await admin.post(f"{SPRING}/undo", headers={} if key is None else {"idempotency-key": key})

    return send


async def spend(owner: asyncpg.Connection, user_id: int, left: int) -> None:
    """Leave a player with fewer points, as if there were something to spend them on."""
    await owner.execute("UPDATE player SET balance = $2 WHERE user_id = $1", user_id, left)


async def test_points_are_taken_back_by_an_entry_of_their_own(
    grant: Grant, row: Row, undo: Undo, player: AsgiClient, balances: Balances
) -> None:
    await grant(row(1), row(2))
    await grant(row(1), campaign="autumn")
    answer = await undo()
    assert (answer.status, answer.body) == (200, {"campaign": "spring", "undone": 2, "kept": []})
    assert await balances() == {1: 500, 2: 0}
    entries = (await player.get("/api/rewards/ledger")).body["items"]
    assert [(entry["amount"], entry["balance_after"]) for entry in entries] == [(-500, 500), (500, 1000), (500, 500)]
    assert entries[0]["source"].startswith("campaign_undone:")


async def test_what_the_balance_does_not_cover_is_kept_and_named(
    grant: Grant, row: Row, undo: Undo, owner: asyncpg.Connection, balances: Balances
) -> None:
    rows = [row(1, ref=ref, type="POINT", amount=amount) for ref, amount in (("a", 300), ("b", 500), ("c", 200))]
    await grant(*rows, row(2))
    await spend(owner, 1, 600)
    answer = await undo()
    assert answer.body == {
        "campaign": "spring",
        "undone": 3,
        "kept": [
            {
                "user_id": 1,
                "ref": "b",
                "reward": {"type": "POINT", "amount": 500},
                "reason": "balance_too_low",
            }
        ],
    }
    assert await balances() == {1: 100, 2: 0}


async def test_undoing_again_takes_back_what_has_become_possible_and_nothing_twice(
    grant: Grant, row: Row, undo: Undo, owner: asyncpg.Connection, balances: Balances
) -> None:
    await grant(row(1), row(2))
    await spend(owner, 1, 100)
    assert (await undo()).body["undone"] == 1
    before = await contents(owner)
    assert [each["user_id"] for each in (await undo()).body["kept"]] == [1]
    assert await contents(owner) == before, "where nothing could be done, nothing is audited either"
    await spend(owner, 1, 700)
    assert (await undo()).body == {"campaign": "spring", "undone": 1, "kept": []}
    assert await balances() == {1: 200, 2: 0}
    assert (await undo()).body == {"campaign": "spring", "undone": 0, "kept": []}


async def test_what_waits_to_be_handed_over_is_cancelled_and_what_was_handed_over_is_named(
    grant: Grant, row: Row, undo: Undo, operator: AsgiClient, player: AsgiClient
) -> None:
    await grant(row(1, **COUPON), row(2, **COUPON))
    first, second = (item["id"] for item in (await operator.get(DESK)).body["items"])
    await operator.post(f"{DESK}/{second}/fulfil")
    answer = await undo()
    assert answer.body["undone"] == 1
    assert [(each["user_id"], each["reason"]) for each in answer.body["kept"]] == [(2, "fulfilled")]
    assert (await player.get("/api/rewards")).body["pending"] == []
    (cancelled,) = (await operator.get(DESK, query={"state": "CANCELLED"})).body["items"]
    assert (cancelled["id"], cancelled["fulfilled_at"]) == (first, None)
    refused = await operator.post(f"{DESK}/{first}/fulfil")
    assert (refused.status, refused.code) == (409, "FULFILMENT_CANCELLED")


async def test_an_undone_campaign_takes_nothing_more(
    grant: Grant, row: Row, undo: Undo, owner: asyncpg.Connection
) -> None:
    await grant(row(1), key="before")
    await undo()
    before = await contents(owner)
    for rows in ([row(1)], [row(9)]):
        for dry_run in (False, True):
            answer = await grant(*rows, dry_run=dry_run)
            assert (answer.status, answer.code) == (409, "CAMPAIGN_UNDONE")
    assert await contents(owner) == before
    assert (await grant(row(1), key="before")).headers["idempotency-replayed"] == "true"


async def test_its_rows_tell_what_was_undone_and_when(
    grant: Grant, row: Row, undo: Undo, owner: asyncpg.Connection, admin: AsgiClient
) -> None:
    await grant(row(1), row(2))
    await spend(owner, 1, 0)
    await undo()
    rows = (await admin.get(f"{SPRING}/rows")).body["items"]
    assert [(each["user_id"], each["state"], each["undone_at"] is None) for each in rows] == [
        (1, "CREDITED", True),
        (2, "UNDONE", False),
    ]
    for state, user in (("CREDITED", 1), ("UNDONE", 2)):
        (only,) = (await admin.get(f"{SPRING}/rows", query={"state": state})).body["items"]
        assert only["user_id"] == user


async def test_the_same_key_gives_the_same_answer(grant: Grant, row: Row, undo: Undo) -> None:
    await grant(row(1))
    first, again = await undo("one"), await undo("one")
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (await undo("two")).body["undone"] == 0


async def test_undoing_is_audited(grant: Grant, row: Row, undo: Undo, owner: asyncpg.Connection) -> None:
    await grant(row(1), row(2, **COUPON), row(3))
    await spend(owner, 3, 0)
    await undo()
    act = await owner.fetchrow("SELECT user_id, action, subject, before, after FROM audit_log ORDER BY id DESC LIMIT 1")
    assert act is not None
    assert tuple(act)[:3] == (901, "CAMPAIGN_UNDONE", "campaign:spring")
    assert json.loads(act["before"]) == {"standing": 3}
    assert json.loads(act["after"]) == {"standing": 1, "undone": 2, "points": 500}


async def test_a_body_is_refused(admin: AsgiClient, grant: Grant, row: Row, balances: Balances) -> None:
    await grant(row(1))
    answer = await admin.post(f"{SPRING}/undo", body={"dry_run": True})
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert await balances() == {1: 500}
