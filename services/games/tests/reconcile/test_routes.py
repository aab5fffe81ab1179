"""What the games tell whoever reconciles the services, and what they tell when something was broken by hand."""

import datetime
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.clock import KST, Clock
from fairground_common.contracts import Envelope, Reward, RewardGranted
from fairground_common.db import Db
from fairground_common.ids import new_id
from fairground_common.tallies import Tally
from fairground_common.testing import AsgiClient, TokenMint
from fairground_games.rewards.consumers import reward_granted

PATH = "/api/admin/games/reconcile"
NOTHING = {"count": 0, "xor": "0" * 32}

Config = Callable[..., dict[str, Any]]
Play = Callable[[], Awaitable[dict[str, Any]]]


def tally(ids: Iterable[str | UUID]) -> dict[str, Any]:
    """Return the tally of ids as the API writes it."""
    made = Tally.of(UUID(str(each)) for each in ids)
    return {"count": made.count, "xor": f"{made.xor:032x}"}


@pytest_asyncio.fixture
async def play(
    player: AsgiClient,
    store_version: Callable[[str, dict[str, Any]], Awaitable[int]],
    schedule: Callable[[str], Awaitable[None]],
    roulette_config: Config,
) -> Play:
    """Return a function that plays a wheel which always pays 10 points."""
    config = roulette_config(max_daily=0)
    for segment in config["segments"]:
        segment["reward"] = {"type": "POINT", "amount": 10}
    await store_version("roulette", config)
    await schedule("ROULETTE")

    async def played() -> dict[str, Any]:
        return dict((await player.post("/api/roulette/play")).body)

    return played


@pytest.fixture
def grant(db: Db) -> Callable[..., Awaitable[UUID]]:
    """Return a function that books a reward of the season pass, as the bus brings it, and returns its grant id."""

    async def book(**reward: Any) -> UUID:
        granted = RewardGranted(
            grant_id=new_id(), user_id=1, season_id=1, level=1, reward=Reward.model_validate(reward)
        )
        await reward_granted(db, seed_key_id="0badcafe")([Envelope.of(granted, at=Clock().now(), key=1)])
        return granted.grant_id

    return book


async def day_of(operator: AsgiClient, day: datetime.date | None = None) -> dict[str, Any]:
    """Return one day, today unless told otherwise."""
    answer = await operator.get(PATH if day is None else f"{PATH}?from={day}")
    assert answer.status == 200, answer.body
    [found] = answer.body["days"]
    return dict(found)


async def test_plays_are_told_by_their_event_ids_and_so_are_those_not_sent_yet(
    play: Play, operator: AsgiClient, owner: asyncpg.Connection, today: datetime.date
) -> None:
    events = [(await play())["event_id"] for _ in range(3)]
    whole = {"day": today.isoformat(), "plays": tally(events), "unsent": tally(events), "credits": NOTHING}
    assert await day_of(operator) == whole
    await owner.execute("DELETE FROM outbox WHERE event_id = $1", UUID(events[0]))
    assert await day_of(operator) == whole | {"unsent": tally(events[1:])}


async def test_an_event_that_is_said_again_is_unsent_once(
    play: Play, operator: AsgiClient, owner: asyncpg.Connection
) -> None:
    event = (await play())["event_id"]
    await owner.execute(
        "INSERT INTO outbox (event_id, type, key, envelope, created_at)"
        " SELECT event_id, type, key, envelope, created_at FROM outbox"
    )
    assert (await day_of(operator))["unsent"] == tally([event])


async def test_other_events_in_the_outbox_are_no_plays(
    grant: Callable[..., Awaitable[UUID]], operator: AsgiClient
) -> None:
    await grant(type="POINT", amount=5)
    assert (await day_of(operator))["unsent"] == NOTHING


async def test_a_lost_play_and_a_strange_one_show_even_where_their_number_is_the_same(
    play: Play, operator: AsgiClient, owner: asyncpg.Connection
) -> None:
    events = [(await play())["event_id"] for _ in range(2)]
    await owner.execute("UPDATE play SET event_id = $1 WHERE event_id = $2", new_id(), UUID(events[0]))
    found = await day_of(operator)
    assert found["plays"]["count"] == found["unsent"]["count"] == 2
    assert found["plays"]["xor"] != found["unsent"]["xor"] == tally(events)["xor"]


async def test_credits_are_what_was_booked_for_the_season_pass_in_points_and_in_kind(
    play: Play, grant: Callable[..., Awaitable[UUID]], operator: AsgiClient
) -> None:
    await play()
    booked = [
        await grant(type="POINT", amount=5),
        await grant(type="ITEM", amount=1, sku="mug"),
        await grant(type="COUPON", amount=2, sku="ten-off"),
    ]
    await grant(type="POINT", amount=0)
    assert (await day_of(operator))["credits"] == tally(booked)


async def test_a_credit_that_is_gone_shows(
    grant: Callable[..., Awaitable[UUID]], operator: AsgiClient, owner: asyncpg.Connection
) -> None:
    kept, gone = await grant(type="POINT", amount=5), await grant(type="POINT", amount=6)
    await owner.execute("DELETE FROM reward_ledger WHERE source_id = $1", gone)
    assert (await day_of(operator))["credits"] == tally([kept])


async def test_a_credit_belongs_to_the_kst_day_it_was_booked_on(
    grant: Callable[..., Awaitable[UUID]], operator: AsgiClient, owner: asyncpg.Connection, today: datetime.date
) -> None:
    midnight = datetime.datetime.combine(today, datetime.time.min, KST)
    moments = {-1: midnight - datetime.timedelta(microseconds=1), 0: midnight}
    booked = {}
    for ahead, moment in moments.items():
        booked[ahead] = await grant(type="ITEM", amount=1, sku="mug")
        await owner.execute("UPDATE fulfilment SET created_at = $1 WHERE source_id = $2", moment, booked[ahead])
    for ahead in moments:
        found = await day_of(operator, today + datetime.timedelta(days=ahead))
        assert found["credits"] == tally([booked[ahead]])


async def test_every_day_asked_for_is_there_and_none_of_another_is_in_it(
    play: Play, operator: AsgiClient, owner: asyncpg.Connection, today: datetime.date
) -> None:
    first, second = (await play())["event_id"], (await play())["event_id"]
    before = today - datetime.timedelta(days=2)
    await owner.execute("UPDATE play SET day = $1 WHERE event_id = $2", before, UUID(first))
    answer = (await operator.get(f"{PATH}?from={before}&to={today}")).body
    assert (answer["from"], answer["to"]) == (before.isoformat(), today.isoformat())
    assert [day["plays"] for day in answer["days"]] == [tally([first]), NOTHING, tally([second])]


async def test_stock_is_explained_by_what_was_opened_and_restocked(
    operator: AsgiClient,
    admin: AsgiClient,
    player: AsgiClient,
    schedule: Callable[[str], Awaitable[None]],
    lottery_config: Config,
    owner: asyncpg.Connection,
) -> None:
    config = lottery_config(stock=2)
    config["prizes"][1]["weight"] = 0
    await operator.post("/api/admin/lottery/configs", body=config)
    await admin.post("/api/admin/lottery/configs/1/activate")
    await schedule("LOTTERY")
    for _ in range(2):
        assert (await player.post("/api/lottery/play")).status == 200
    for delta in (4, -1):
        await operator.post("/api/admin/lottery/prizes/gold/restock", body={"delta": delta})
    gold = {"prize_key": "gold", "supplied": 5, "issued": 2, "left": 3}
    assert (await operator.get(PATH)).body["stock"] == [gold], "a prize that is unlimited has nothing to explain"
    await owner.execute("UPDATE lottery_stock SET issued = issued - 1 WHERE prize_key = 'gold'")
    assert (await operator.get(PATH)).body["stock"] == [gold | {"issued": 1}]
    await owner.execute("DELETE FROM lottery_stock WHERE prize_key = 'gold'")
    assert (await operator.get(PATH)).body["stock"] == [gold | {"issued": 0, "left": 0}]


async def test_a_balance_that_is_not_its_ledger_is_told(
    play: Play, operator: AsgiClient, owner: asyncpg.Connection
) -> None:
    await play()
    assert (await operator.get(f"{PATH}/balances")).body == {"checked": 1, "items": [], "next_cursor": None}
    await owner.execute("UPDATE player SET balance = 25 WHERE user_id = 1")
    wrong = {"user_id": 1, "balance": 25, "ledger": 10}
    assert (await operator.get(f"{PATH}/balances")).body["items"] == [wrong]
    await owner.execute("DELETE FROM player")
    assert (await operator.get(f"{PATH}/balances")).body["items"] == [wrong | {"balance": 0}]


async def test_pages_of_players_join_without_gap_or_repetition(
    play: Play, operator: AsgiClient, owner: asyncpg.Connection
) -> None:
    await play()
    await owner.execute(
        "INSERT INTO player SELECT n, day, used, n, pair, key_id, client_seed, client_seed_source, nonce, updated_at"
        " FROM player, generate_series(2, 8) AS n"
    )
    found, cursor = [], ""
    while True:
        page = (await operator.get(f"{PATH}/balances?limit=3{cursor}")).body
        found += [account["user_id"] for account in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == list(range(2, 9))


@pytest.mark.parametrize(
    "days", ["from=2026-01-02&to=2026-01-01", "from=2026-01-01&to=2026-02-01", "from=today", "to=20260101"]
)
async def test_days_that_cannot_be_are_refused(operator: AsgiClient, days: str) -> None:
    assert (await operator.get(f"{PATH}?{days}")).code == "VALIDATION_FAILED"


async def test_only_operators_are_told(anybody: AsgiClient, player: AsgiClient, token_mint: TokenMint) -> None:
    for path in (PATH, f"{PATH}/balances"):
        codes = [(await caller.get(path)).code for caller in (anybody, player)]
        assert codes == ["UNAUTHENTICATED", "FORBIDDEN"]
        assert (await anybody.signed(token_mint.headers(900, "operator")).get(path)).status == 200
