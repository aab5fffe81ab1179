"""Campaigns beside plays and beside each other, over two processes' worth of the API."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import Answer, AsgiClient, TokenMint, eventually, insist
from fairground_common.testing.contents import contents
from fairground_games.app import create_app
from fairground_games.settings import GamesSettings

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]
Row = Callable[..., dict[str, Any]]

GRANTS = "/api/admin/games/grants"
COUPON = {"type": "COUPON", "amount": 1, "sku": "latte"}


@pytest.fixture
async def apis(settings: GamesSettings) -> AsyncIterator[list[AsgiClient]]:
    """Yield two APIs on one database; any game can be played."""
    async with AsyncExitStack() as stack:
        app_of = settings.model_copy(update={"test_mode": True})
        yield [await stack.enter_async_context(AsgiClient.running(create_app(app_of))) for _ in range(2)]


@pytest.fixture
async def holder(games_database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield another session that may hold rows."""
    connection = await asyncpg.connect(games_database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
def grant(apis: list[AsgiClient], token_mint: TokenMint) -> Callable[..., Awaitable[Answer]]:
    """Return a function that sends rows of the campaign ``spring`` under a key, to one of the APIs."""
    admins = [api.signed(token_mint.headers(901, "admin")) for api in apis]

    async def send(rows: list[dict[str, Any]], key: str, *, api: int = 0) -> Answer:
        body = {"campaign": "spring", "grants": rows}
        return await admins[api].post(GRANTS, body=body, headers={"idempotency-key": key})

    return send


@pytest.fixture
def undo(apis: list[AsgiClient], token_mint: TokenMint) -> Callable[..., Awaitable[Answer]]:
    admin = apis[1].signed(token_mint.headers(901, "admin"))
    return lambda: admin.post(f"{GRANTS}/spring/undo")


async def books_balance(owner: asyncpg.Connection) -> None:
    """Every balance is the sum of its ledger, and every credit of a campaign is in one of both books, once."""
    wrong = await owner.fetch(
        "SELECT user_id FROM player FULL JOIN"
        " (SELECT user_id, sum(amount) AS total FROM reward_ledger GROUP BY user_id) AS booked USING (user_id)"
        " WHERE coalesce(balance, 0) <> coalesce(total, 0)"
    )
    assert wrong == []
    unbooked = await owner.fetch(
        "SELECT grant_id FROM campaign_grant FULL JOIN ("
        "  SELECT source_id FROM reward_ledger WHERE source_kind = 'campaign'"
        "  UNION ALL SELECT source_id FROM fulfilment WHERE source_kind = 'campaign'"
        " ) AS booked ON grant_id = source_id WHERE grant_id IS NULL OR source_id IS NULL"
    )
    assert unbooked == []


async def test_grants_and_undoing_run_beside_plays_of_the_same_players(
    apis: list[AsgiClient],
    grant: Any,
    undo: Any,
    row: Row,
    token_mint: TokenMint,
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
    lottery_config: Config,
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    await store_version("lottery", lottery_config(stock=10_000))
    users = range(1, 61)

    async def play(user_id: int) -> Counter[int]:
        signed = [api.signed(token_mint.headers(user_id)) for api in apis]
        games = ("roulette", "lottery", "roulette", "lottery")
        plays = [await insist(signed[n % 2].post, f"/api/{game}/play") for n, game in enumerate(games)]
        return Counter(answer.status for answer in plays)

    async def give(api: int) -> list[Answer]:
        batches = [[row(user, ref=f"{api}-{n}", **kind) for user in users] for n, kind in enumerate(({}, COUPON, {}))]
        return [await insist(grant, rows, f"{api}-{n}", api=api) for n, rows in enumerate(batches)]

    played, *given = await asyncio.gather(asyncio.gather(*map(play, users)), give(0), give(1))
    assert sum(played, Counter()) == {200: 4 * len(users)}
    assert [answer.body["credited"] for answers in given for answer in answers] == [len(users)] * 6
    await books_balance(owner)
    playing = asyncio.gather(*map(play, users))
    undone = await insist(undo)
    assert sum(await playing, Counter()) == {200: 4 * len(users)}
    assert (undone.body["undone"], undone.body["kept"]) == (6 * len(users), [])
    await books_balance(owner)


async def test_a_grant_waits_for_a_play_before_it_makes_players_the_play_may_wait_for(
    grant: Any, row: Row, owner: asyncpg.Connection, holder: asyncpg.Connection
) -> None:
    await grant([row(5)], "first")
    async with holder.transaction():  # as a batch of plays does: hold one player, then make another
        await holder.execute("SELECT FROM player WHERE user_id = 5 FOR UPDATE")
        granting = asyncio.create_task(grant([row(3), row(5, ref="x"), row(7)], "second"))
        await eventually(lambda: owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        await holder.execute("SET LOCAL lock_timeout = '100ms'")  # it is to wait for nobody
        for newcomer in (3, 7):
            await holder.execute(
                "INSERT INTO player SELECT $1, day, used, 0, pair, key_id, client_seed, client_seed_source, 0, now()"
                " FROM player WHERE user_id = 5 ON CONFLICT DO NOTHING",
                newcomer,
            )
    assert (await granting).body["credited"] == 3
    await books_balance(owner)


async def test_a_held_player_stops_a_grant_for_a_moment_only_and_it_changes_nothing(
    grant: Any, row: Row, owner: asyncpg.Connection, holder: asyncpg.Connection
) -> None:
    await grant([row(5)], "first")
    before = await contents(owner)
    rows = [row(user, ref="x") for user in (1, 5, 9)]
    async with holder.transaction():
        await holder.execute("SELECT FROM player WHERE user_id = 5 FOR UPDATE")
        refused = await grant(rows, "second")
        assert (refused.status, refused.code) == (503, "LOCK_NOT_ACQUIRED")
        assert int(refused.headers["retry-after"]) >= 1
    assert await contents(owner) == before
    assert (await grant(rows, "second")).body["credited"] == 3


async def test_a_held_campaign_is_busy(
    grant: Any, undo: Any, row: Row, holder: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await grant([row(1)], "first")
    before = await contents(owner)
    async with holder.transaction():
        await holder.execute("SELECT FROM campaign FOR UPDATE")
        for refused in (await grant([row(2)], "second"), await undo()):
            assert (refused.status, refused.code) == (409, "CAMPAIGN_BUSY")
            assert int(refused.headers["retry-after"]) >= 1
    assert await contents(owner) == before


@pytest.mark.parametrize("is_new", [True, False])
async def test_the_same_rows_sent_at_once_under_different_keys_pay_once(
    grant: Any, row: Row, owner: asyncpg.Connection, is_new: bool
) -> None:
    if not is_new:
        await grant([row(21, **COUPON)], "before")
    rows = [row(user) for user in range(1, 21)]
    answers = await asyncio.gather(*(insist(grant, rows, f"key-{n}", api=n % 2) for n in range(8)))
    assert sorted(answer.body["credited"] for answer in answers) == [0] * 7 + [20]
    assert await owner.fetchval("SELECT sum(balance) FROM player") == 20 * 500
    await books_balance(owner)


async def test_the_same_request_sent_at_once_under_one_key_is_answered_alike(
    grant: Any, row: Row, owner: asyncpg.Connection
) -> None:
    rows = [row(user) for user in range(1, 21)]
    answers = await asyncio.gather(*(insist(grant, rows, "one", api=n % 2) for n in range(8)))
    assert len({answer.content for answer in answers}) == 1
    assert sorted("idempotency-replayed" in answer.headers for answer in answers) == [False] + [True] * 7
    assert await owner.fetchval("SELECT sum(balance) FROM player") == 20 * 500


async def test_what_is_handed_over_while_it_is_undone_is_either(
    apis: list[AsgiClient], grant: Any, undo: Any, row: Row, token_mint: TokenMint, owner: asyncpg.Connection
) -> None:
    operator = apis[0].signed(token_mint.headers(900, "operator"))
    await grant([row(user, **COUPON) for user in range(1, 41)], "coupons")
    ids = [record["id"] for record in await owner.fetch("SELECT id FROM fulfilment ORDER BY id DESC")]
    fulfilling = asyncio.gather(*(insist(operator.post, f"/api/admin/fulfilments/{each}/fulfil") for each in ids))
    undone = await insist(undo)
    statuses = Counter(answer.status for answer in await fulfilling)
    states = {
        row["state"]: row["n"] for row in await owner.fetch("SELECT state, count(*) AS n FROM fulfilment GROUP BY 1")
    }
    assert states == {
        state: n for state, n in (("FULFILLED", len(undone.body["kept"])), ("CANCELLED", undone.body["undone"])) if n
    }
    assert statuses[200] == len(undone.body["kept"])
    assert statuses[409] == undone.body["undone"]
