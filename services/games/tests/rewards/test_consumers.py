"""A grant pays once, however often and by however many consumers it is handled, and is answered every time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db, is_infrastructure_trouble
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.messaging import Handler
from fairground_common.testing import eventually
from fairground_games.fairness.seeds import Seeds
from fairground_games.plays import repository as plays
from fairground_games.plays.scene import Scene
from fairground_games.rewards.consumers import reward_granted
from fairground_games.rewards.errors import GrantRefused

Grant = Callable[..., Envelope]
Again = Callable[[Envelope], Envelope]
Delivered = Callable[[], Awaitable[Sequence[Envelope]]]

SEED_KEY_ID = "0badcafe"


async def ledger_of(owner: asyncpg.Connection, user_id: int) -> list[tuple[int, int]]:
    rows = await owner.fetch(
        "SELECT amount, balance_after FROM reward_ledger WHERE user_id = $1 AND source_kind = 'grant' ORDER BY id",
        user_id,
    )
    return [(row["amount"], row["balance_after"]) for row in rows]


async def balances(owner: asyncpg.Connection) -> dict[int, int]:
    return {row["user_id"]: row["balance"] for row in await owner.fetch("SELECT user_id, balance FROM player")}


def answered(envelopes: Sequence[Envelope]) -> list[object]:
    return [envelope.data.grant_id for envelope in envelopes if isinstance(envelope.data, RewardDelivered)]


def grant_id(envelope: Envelope) -> object:
    return envelope.data.model_dump()["grant_id"]


async def test_points_reach_a_player_nobody_has_seen_yet(
    handle: Handler, grant: Grant, delivered: Delivered, owner: asyncpg.Connection
) -> None:
    granted = grant(user_id=7)
    await handle([granted])
    assert await balances(owner) == {7: 200}
    assert await ledger_of(owner, 7) == [(200, 200)]
    (answer,) = await delivered()
    assert (answer.key, answered([answer])) == (7, [grant_id(granted)])


async def test_a_resent_grant_pays_nothing_and_is_answered_with_its_first_moment(
    handle: Handler, grant: Grant, again: Again, delivered: Delivered, owner: asyncpg.Connection
) -> None:
    granted = grant()
    await handle([granted])
    await handle([granted])
    await handle([again(granted), again(granted)])
    assert await ledger_of(owner, 1) == [(200, 200)]
    answers = await delivered()
    assert answered(answers) == [grant_id(granted)] * 3
    assert len({answer.event_id for answer in answers}) == 3
    assert len({answer.data.model_dump()["delivered_at"] for answer in answers}) == 1


async def test_a_batch_pays_every_player_in_the_order_of_their_grants(
    handle: Handler, grant: Grant, delivered: Delivered, owner: asyncpg.Connection
) -> None:
    batch = [
        grant(user_id=user_id, type="POINT", amount=amount) for user_id, amount in ((9, 5), (3, 7), (9, 11), (4, 0))
    ]
    await handle(batch)
    assert await balances(owner) == {3: 7, 9: 16}
    assert await ledger_of(owner, 9) == [(5, 5), (11, 16)]
    assert answered(await delivered()) == [grant_id(each) for each in batch]


@pytest.mark.parametrize("kind", ["COUPON", "ITEM"])
async def test_coupons_and_items_wait_for_an_operator(
    handle: Handler, grant: Grant, again: Again, delivered: Delivered, owner: asyncpg.Connection, kind: str
) -> None:
    granted = grant(type=kind, amount=2, sku="latte", label="Latte")
    await handle([granted])
    await handle([again(granted)])
    rows = await owner.fetch("SELECT user_id, type, sku, amount, label, source_kind, source_id, state FROM fulfilment")
    assert [tuple(row) for row in rows] == [(1, kind, "latte", 2, "Latte", "grant", grant_id(granted), "PENDING")]
    assert await balances(owner) == {}
    assert len(await delivered()) == 2


async def test_a_reward_of_nothing_is_booked_and_answered(
    handle: Handler, grant: Grant, delivered: Delivered, owner: asyncpg.Connection
) -> None:
    await handle([grant(type="NONE", amount=0)])
    assert await owner.fetchval("SELECT count(*) FROM reward_ledger") == 0
    assert len(await delivered()) == 1


async def test_two_consumers_at_once_pay_every_grant_once(
    games_database: ServiceDatabase, grant: Grant, again: Again, delivered: Delivered, owner: asyncpg.Connection
) -> None:
    databases = [Db.connect(games_database.app_url, application=f"consumer-{number}") for number in range(2)]
    handlers = [reward_granted(db, seed_key_id=SEED_KEY_ID) for db in databases]
    granted = [grant(user_id=1 + number % 5, type="POINT", amount=1 + number) for number in range(40)]
    resent = [again(each) for each in reversed(granted)]
    await asyncio.gather(handlers[0](granted), handlers[1](resent))
    for db in databases:
        await db.close()
    paid = {user_id: sum(1 + number for number in range(40) if 1 + number % 5 == user_id) for user_id in range(1, 6)}
    assert await balances(owner) == paid
    assert await owner.fetchval("SELECT count(*) FROM reward_ledger") == 40
    assert len(await delivered()) == 80


async def test_a_grant_and_a_play_of_the_same_player_both_count(
    db: Db, handle: Handler, grant: Grant, owner: asyncpg.Connection
) -> None:
    await handle([grant(type="POINT", amount=5)])
    async with owner.transaction():
        await owner.execute("UPDATE player SET balance = balance + 10 WHERE user_id = 1")
        paying = asyncio.ensure_future(handle([grant(type="POINT", amount=3)]))
        await eventually(lambda: owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    await paying
    assert await balances(owner) == {1: 18}


async def test_a_player_held_for_too_long_is_trouble_and_pays_nothing_meanwhile(
    handle: Handler, grant: Grant, delivered: Delivered, owner: asyncpg.Connection
) -> None:
    await handle([grant(type="POINT", amount=5)])
    waiting = grant(type="POINT", amount=3)
    async with owner.transaction():
        await owner.fetch("SELECT FROM player WHERE user_id = 1 FOR UPDATE")
        with pytest.raises(DBAPIError) as stopped:
            await handle([waiting])
    assert is_infrastructure_trouble(stopped.value)
    assert len(await delivered()) == 1
    await handle([waiting])
    assert await ledger_of(owner, 1) == [(5, 5), (3, 8)]


async def test_a_refused_grant_pays_none_of_its_batch_and_leaves_nothing_behind(
    handle: Handler, grant: Grant, delivered: Delivered, owner: asyncpg.Connection
) -> None:
    good = grant()
    for bad in (
        grant(type="XP", amount=5),
        grant(user_id=0),
        grant(user_id=2**63),
        grant().model_copy(update={"source": "ranking"}),
    ):
        with pytest.raises(GrantRefused):
            await handle([good, bad])
    assert await balances(owner) == {}
    assert await owner.fetchval("SELECT count(*) FROM booked_grant") == 0
    assert await delivered() == []


async def test_a_grant_booked_for_one_player_is_refused_for_another(
    handle: Handler, grant: Grant, owner: asyncpg.Connection
) -> None:
    shared = new_id()
    await handle([grant(user_id=1, grant_id=shared)])
    with pytest.raises(GrantRefused):
        await handle([grant(user_id=2, grant_id=shared)])
    with pytest.raises(GrantRefused):
        await handle([grant(user_id=1, grant_id=shared), grant(user_id=2, grant_id=shared)])
    assert await balances(owner) == {1: 200}


async def test_an_answer_goes_on_with_the_request_of_its_grant(
    handle: Handler, grant: Grant, delivered: Delivered
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    named = grant().model_copy(update={"request_id": "claim-1", "traceparent": trace})
    await handle([named, grant(user_id=2)])
    assert [(each.request_id, each.traceparent) for each in await delivered()] == [("claim-1", trace), (None, None)]


async def test_a_player_first_met_by_a_grant_has_the_row_a_first_play_would_make(
    db: Db, pool: asyncpg.Pool, grant: Grant, owner: asyncpg.Connection
) -> None:
    seeds = Seeds(b"a seed key only for tests, 32 b+")
    await reward_granted(db, seed_key_id=seeds.key_id)([grant(user_id=1)])
    async with pool.acquire() as connection:
        scene = Scene(await plays.read_world(pool), players={})
        await plays.enrol(connection, frozenset({2}), scene, seeds)
    columns = "day, used, pair, key_id, client_seed, client_seed_source, nonce"
    rows = await owner.fetch(f"SELECT {columns} FROM player ORDER BY user_id")
    granted, played = (dict(row) for row in rows)
    assert granted | {"client_seed": "player-2"} == played
    assert granted["client_seed"] == "player-1"
