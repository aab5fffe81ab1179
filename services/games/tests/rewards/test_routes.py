"""What players see of their rewards, and how operators hand coupons and items over."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.contracts import Envelope
from fairground_common.messaging import Handler
from fairground_common.testing import Answer, AsgiClient, TokenMint

Grant = Callable[..., Envelope]
Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]

DESK = "/api/admin/fulfilments"
COUPON = {"type": "COUPON", "amount": 1, "sku": "latte", "label": "Latte"}


async def pages(caller: AsgiClient, path: str, **query: Any) -> list[list[dict[str, Any]]]:
    """Return all pages of a list."""
    found, cursor = [], None
    while True:
        asked = query | ({"cursor": cursor} if cursor else {})
        answer = await caller.get(path, query=asked)
        assert answer.status == 200, answer
        found.append(answer.body["items"])
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return found


@pytest.fixture
async def owed(handle: Handler, grant: Grant, operator: AsgiClient) -> int:
    """Return the id of a coupon owed to player 1."""
    await handle([grant(user_id=1, **COUPON)])
    items = (await operator.get(DESK)).body["items"]
    return int(items[0]["id"])


async def test_a_player_nobody_has_seen_has_nothing(player: AsgiClient) -> None:
    answer = await player.get("/api/rewards")
    assert answer.body == {"balances": {"POINT": 0}, "pending": [], "pending_total": 0}
    assert (await player.get("/api/rewards/ledger")).body == {"items": [], "next_cursor": None}


async def test_a_player_sees_their_balance_and_what_is_owed_and_nothing_of_others(
    player: AsgiClient, handle: Handler, grant: Grant
) -> None:
    await handle([grant(user_id=1), grant(user_id=1, **COUPON), grant(user_id=2), grant(user_id=2, **COUPON)])
    holdings = (await player.get("/api/rewards")).body
    (pending,) = holdings["pending"]
    assert (holdings["balances"], holdings["pending_total"]) == ({"POINT": 200}, 1)
    assert pending.keys() == {"id", "type", "sku", "amount", "label", "created_at"}
    assert {name: pending[name] for name in COUPON} == COUPON


async def test_the_ledger_explains_the_balance_over_plays_and_grants(
    player: AsgiClient,
    handle: Handler,
    grant: Grant,
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
    schedule: Callable[[str], Awaitable[None]],
) -> None:
    config = roulette_config(max_daily=0)
    for segment in config["segments"]:
        segment["reward"] = {"type": "POINT", "amount": 10}
    await store_version("roulette", config)
    await schedule("ROULETTE")
    for amount in (1, 2, 3):
        assert (await player.post("/api/roulette/play")).status == 200
        granted = grant(type="POINT", amount=amount)
        await handle([granted])
    items = [item for page in await pages(player, "/api/rewards/ledger", limit=4) for item in page]
    assert [item["amount"] for item in items] == [3, 10, 2, 10, 1, 10]
    assert [item["balance_after"] for item in items] == [36, 33, 23, 21, 11, 10]
    assert items[0]["source"] == f"grant:{granted.data.model_dump()['grant_id']}"
    assert items[1]["source"] == f"play:{await owner.fetchval('SELECT max(play_id::text) FROM play')}"
    assert items[0].keys() == {"id", "type", "amount", "balance_after", "source", "created_at"}
    assert (await player.get("/api/rewards")).body["balances"] == {"POINT": 36}


async def test_pages_of_the_ledger_neither_repeat_nor_skip(player: AsgiClient, handle: Handler, grant: Grant) -> None:
    await handle([grant(type="POINT", amount=amount) for amount in range(1, 6)])
    found = await pages(player, "/api/rewards/ledger", limit=2)
    assert [[item["amount"] for item in page] for page in found] == [[5, 4], [3, 2], [1]]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"cursor": "nonsense"}, {"cursor": "WzBd"}, {"cursor": "WzFlOTld"}]
)
async def test_a_page_that_cannot_be_is_refused(
    player: AsgiClient, operator: AsgiClient, query: dict[str, object]
) -> None:
    for answer in (await player.get("/api/rewards/ledger", query=query), await operator.get(DESK, query=query)):
        assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")


async def test_a_coupon_is_handed_over_once_and_leaves_the_players_list(
    player: AsgiClient, operator: AsgiClient, owed: int, owner: asyncpg.Connection
) -> None:
    first = await operator.post(f"{DESK}/{owed}/fulfil")
    assert first.status == 200
    assert {name: first.body[name] for name in ("id", "user_id", "state", "fulfilled_by", *COUPON)} == {
        "id": owed,
        "user_id": 1,
        "state": "FULFILLED",
        "fulfilled_by": 900,
        **COUPON,
    }
    second = await operator.post(f"{DESK}/{owed}/fulfil")
    assert (second.status, second.code) == (409, "ALREADY_FULFILLED")
    assert (await player.get("/api/rewards")).body["pending"] == []
    (audited,) = await owner.fetch("SELECT user_id, action, subject, before, after FROM audit_log")
    assert tuple(audited)[:3] == (900, "REWARD_FULFILLED", f"fulfilment:{owed}")
    assert [json.loads(audited[name]) for name in ("before", "after")] == [{"state": "PENDING"}, {"state": "FULFILLED"}]


async def test_the_same_key_gives_the_same_answer_and_another_one_a_conflict(
    operator: AsgiClient, owed: int, owner: asyncpg.Connection
) -> None:
    async def fulfil(key: str) -> Answer:
        return await operator.post(f"{DESK}/{owed}/fulfil", headers={"idempotency-key": key})

    first, again, other = await fulfil("one"), await fulfil("one"), await fulfil("two")
    assert again.body == first.body
    assert [each.headers.get("idempotency-replayed") for each in (first, again)] == [None, "true"]
    assert (other.status, other.code) == (409, "ALREADY_FULFILLED")
    assert await owner.fetchval("SELECT count(*) FROM audit_log") == 1


async def test_only_operators_hand_over_and_only_what_there_is(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, owed: int
) -> None:
    for caller, status in ((anybody, 401), (player, 403)):
        assert (await caller.get(DESK)).status == status
        assert (await caller.post(f"{DESK}/{owed}/fulfil")).status == status
    for path, status, code in (
        (f"{owed + 1}/fulfil", 404, "FULFILMENT_NOT_FOUND"),
        ("0/fulfil", 422, "VALIDATION_FAILED"),
        (f"{2**63}/fulfil", 422, "VALIDATION_FAILED"),
        ("first/fulfil", 422, "VALIDATION_FAILED"),
    ):
        answer = await operator.post(f"{DESK}/{path}")
        assert (answer.status, answer.code) == (status, code)
    with_body = await operator.post(f"{DESK}/{owed}/fulfil", body={"state": "FULFILLED"})
    assert (with_body.status, with_body.code) == (422, "VALIDATION_FAILED")


async def test_the_desk_lists_the_longest_owed_first_by_state_type_and_player(
    operator: AsgiClient, handle: Handler, grant: Grant, token_mint: TokenMint
) -> None:
    await handle([grant(user_id=user_id, **COUPON | {"sku": f"sku-{user_id}"}) for user_id in (1, 2, 3, 2)])
    whole = [item for page in await pages(operator, DESK, limit=3) for item in page]
    assert [item["user_id"] for item in whole] == [1, 2, 3, 2]
    await operator.post(f"{DESK}/{whole[1]['id']}/fulfil")

    async def listed(**query: Any) -> list[int]:
        return [item["id"] for page in await pages(operator, DESK, limit=2, **query) for item in page]

    one, two, three, four = (item["id"] for item in whole)
    assert await listed(state="PENDING") == [one, three, four]
    assert await listed(state="FULFILLED") == [two]
    assert await listed(user_id=2) == [two, four]
    assert await listed(user_id=2, state="PENDING") == [four]
    await handle([grant(user_id=2, type="ITEM", amount=1, sku="bar")])
    (bar,) = await listed(type="ITEM")
    assert await listed(type="COUPON", user_id=2) == [two, four]
    assert await listed(user_id=2) == [two, four, bar]
    for wrong in ({"state": "LOST"}, {"type": "POINT"}):
        assert (await operator.get(DESK, query=wrong)).code == "VALIDATION_FAILED"
