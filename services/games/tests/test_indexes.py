"""No question about plays, rewards or logs reads a whole table, however long the product has run.

The questions are asked as the service asks them, of filled tables; what is looked at is the plan PostgreSQL makes.
"""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from fairground_common.db import Db, ReadTx
from fairground_common.db.audit import Wanted, list_acts
from fairground_common.db.provision import ServiceDatabase
from fairground_common.db.records import ACTS, Records, list_records
from fairground_common.testing.plans import asking, explain, explained, grown
from fairground_games.configs import repository as configs
from fairground_games.fairness import repository as fairness
from fairground_games.grants import repository as grants
from fairground_games.lookup import repository as lookup
from fairground_games.personal.records import RECORDS
from fairground_games.players import repository as players
from fairground_games.plays.statements import HISTORY, LOCK, STATUS, WAIT
from fairground_games.reconcile import repository as reconcile
from fairground_games.rewards import usecases as rewards
from fairground_games.schema import audit_log
from fairground_games.stock import usecases as stock

Ask = Callable[[ReadTx], Awaitable[object]]

ROWS = 20_000
GROWING = {
    "play",
    "roulette_log",
    "dice_log",
    "lottery_log",
    "play_default",
    "player",
    "reward_ledger",
    "fulfilment",
    "audit_log",
    "user_event_log",
    "lottery_stock_event",
    "game_activation",
    "revealed_seed_pair",
    "campaign",
    "campaign_grant",
    "booked_grant",
}
NOW = datetime.datetime.now(datetime.UTC)
SOMEWHERE = (NOW - datetime.timedelta(hours=1), 5000)

FILL = """
INSERT INTO game_config (game, version, name, max_daily, state, canonical, sha256, created_by, created_at)
SELECT game, version, 'n', 0, 'RETIRED', '{}', 'x', 1, now()
FROM unnest(ARRAY['roulette', 'dice', 'lottery', 'coin']) AS game, generate_series(1, 50) AS version;
INSERT INTO player
SELECT n, current_date, '{}', 0, 0, 'k', 's', 'default', 0, now() FROM generate_series(1, {rows}) AS n;
INSERT INTO play (play_id, game, event_id, user_id, config_version, day, created_at, pair, nonce, outcome_key, outcome,
    reward, receipt, used_today, max_daily, balance, idempotency_key)
SELECT gen_random_uuid(), game, gen_random_uuid(), n % 500, 1, current_date, now() - n * interval '1 second', 0, n, 'k',
    '{"user_dice": [1, 1], "dealer_dice": [1, 1]}', '{}', '{}', 1, 0, 0, 'key-' || n
FROM unnest(ARRAY['roulette', 'dice', 'lottery', 'coin']) AS game, generate_series(1, {rows}) AS n;
INSERT INTO reward_ledger (user_id, type, amount, balance_after, source_kind, source_id, created_at)
SELECT n % 5000, 'POINT', 1, 1, 'play', gen_random_uuid(), now() FROM generate_series(1, {rows}) AS n;
INSERT INTO fulfilment (user_id, type, sku, amount, source_kind, source_id, state, created_at)
SELECT n % 500, 'ITEM', 's', 1, 'play', gen_random_uuid(), CASE n % 20 WHEN 0 THEN 'PENDING' ELSE 'FULFILLED' END, now()
FROM generate_series(1, {rows}) AS n;
INSERT INTO audit_log (created_at, user_id, action, subject)
SELECT now() - n * interval '1 second', n % 9, 'CONFIG_CREATED', 'config:roulette:' || n
FROM generate_series({rows}, 1, -1) AS n;
INSERT INTO lottery_stock_event (prize_key, kind, created_at)
SELECT 'p' || n % 50, 'restocked', now() - n * interval '1 second' FROM generate_series({rows}, 1, -1) AS n;
INSERT INTO game_activation (game, version, activated_at)
SELECT game, 1 + n % 50, now() FROM unnest(ARRAY['roulette', 'dice', 'lottery', 'coin']) AS game,
    generate_series(1, {rows} / 4) AS n;
INSERT INTO revealed_seed_pair (user_id, pair, key_id, client_seed, client_seed_source, plays, revealed_at)
SELECT n, 0, 'k', 's', 'default', 1, now() FROM generate_series(1, {rows}) AS n;
INSERT INTO campaign (name, created_by, created_at)
SELECT 'c' || n, 1, now() - n * interval '1 second' FROM generate_series(1, {rows}) AS n;
INSERT INTO campaign_grant (grant_id, campaign, user_id, ref, type, amount, granted_by, granted_at)
SELECT gen_random_uuid(), 'c' || n % 500 + 1, n, '', 'POINT', 1, 1, now() FROM generate_series(1, {rows}) AS n;
INSERT INTO user_event_log (created_at, user_id, action, result)
SELECT now(), n % 500, 'PLAY', '{}' FROM generate_series(1, {rows}) AS n;
INSERT INTO booked_grant SELECT gen_random_uuid(), n % 500, now() FROM generate_series(1, {rows}) AS n;
"""

QUESTIONS: dict[str, Ask] = {
    "acts": lambda tx: list_acts(tx, audit_log, Wanted(), before=None, limit=21),
    "acts on a subject": lambda tx: list_acts(tx, audit_log, Wanted(subject="config:"), before=5000, limit=21),
    "acts on one version": lambda tx: list_acts(
        tx, audit_log, Wanted(subject="config:roulette:77"), before=None, limit=21
    ),
    "a page of balances": lambda tx: reconcile.list_accounts(tx, after=500, limit=20),
    "acts of a time": lambda tx: list_acts(
        tx, audit_log, Wanted(by=3, start=SOMEWHERE[0], end=NOW), before=None, limit=21
    ),
    "ledger": lambda tx: rewards.list_ledger(tx, 7, before=9000, limit=21),
    "holdings": lambda tx: rewards.read_holdings(tx, 7),
    "fulfilments": lambda tx: rewards.list_fulfilments(
        tx, state="PENDING", reward_type=None, user_id=None, after=100, limit=21
    ),
    "fulfilments of a type": lambda tx: rewards.list_fulfilments(
        tx, state=None, reward_type="ITEM", user_id=None, after=None, limit=21
    ),
    "fulfilments of a player": lambda tx: rewards.list_fulfilments(
        tx, state="FULFILLED", reward_type="ITEM", user_id=7, after=None, limit=21
    ),
    "stock events": lambda tx: stock.list_events(tx, keys=["p1", "p2"], before=SOMEWHERE, limit=21),
    "receipt": lambda tx: fairness.find_play(tx, 7, UUID(int=1)),
    "plays of a player": lambda tx: lookup.count_plays(tx, 7),
    "last plays of a player": lambda tx: lookup.list_last_plays(tx, 7, limit=20),
    "campaigns": lambda tx: grants.list_campaigns(tx, before=None, limit=21),
    "earlier campaigns": lambda tx: grants.list_campaigns(tx, before=(SOMEWHERE[0], "c7"), limit=21),
    "grants of a campaign": lambda tx: grants.list_grants(
        tx, "c7", user_id=None, is_undone=False, after=(9, ""), limit=21
    ),
    "tally of a campaign": lambda tx: grants.read_tally(tx, "c7"),
    "players known before": lambda tx: players.list_known(tx, [1, 7]),
    "activations": lambda tx: configs.list_activations(tx, "dice", before=None, limit=21),
}

KEPT: dict[str, Records] = {each.kind: each for each in RECORDS if each is not ACTS}
"""What an export asks for. An operator's acts have no index of their own: their log grows with what operators do."""
MIDDLES: dict[type, Any] = {int: 0, datetime.datetime: SOMEWHERE[0], UUID: UUID(int=1)}
LEADING = """
SELECT indexrelid::regclass::text AS index, attname AS column
FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
"""
"""What each index leads with."""

OVER_THE_DRIVER: dict[str, tuple[str, tuple[Any, ...], set[str]]] = {
    "history": (HISTORY, ("dice", 7, NOW, UUID(int=1), 21), {"dice_log_user_id_created_at_idx"}),
    "first page of a history": (HISTORY, ("dice", 7, None, None, 21), {"dice_log_user_id_created_at_idx"}),
    "the lock of a play under a key": (
        LOCK,
        ([7, 8], ["dice", "roulette"], ["key-7", None]),
        {"pk_player", "dice_log_game_user_id_idempotency_key_idx"},
    ),
    "the wait for players": (WAIT, ([7, 8],), {"pk_player"}),
    "status": (STATUS, (7,), {"pk_player"}),
}


@pytest_asyncio.fixture(scope="module")
async def filled(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a database in which every growing table has grown."""
    return await grown(fresh_database("games"), FILL.replace("{rows}", str(ROWS)))


@pytest_asyncio.fixture
async def asked(filled: ServiceDatabase) -> AsyncIterator[Db]:
    async with asking(filled) as db:
        yield db


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_reads_no_whole_table(asked: Db, question: str) -> None:
    with explained(asked) as plans:
        async with asked.read() as tx:
            await QUESTIONS[question](tx)
    assert plans.indexes
    assert plans.whole(GROWING) == []


@pytest.mark.parametrize("kind", KEPT)
async def test_no_page_of_an_export_reads_a_whole_table(asked: Db, kind: str) -> None:
    """Nor a whole index, as one that leads with something else than the player would have to be."""
    middle = tuple(MIDDLES[each] for each in KEPT[kind].order.values())
    async with asked.read() as tx:
        with explained(asked) as plans:
            for after in (None, middle):
                await list_records(tx, KEPT[kind], user_id=7, after=after, limit=200)
        leading = (await tx.execute(text(LEADING))).mappings()
        led_by = {row["index"]: row["column"] for row in leading}
    assert plans.whole(GROWING) == []
    assert {led_by[index] for index in plans.indexes} == {"user_id"}


@pytest.mark.parametrize("question", OVER_THE_DRIVER)
async def test_a_question_over_the_driver_is_answered_by_its_index(filled: ServiceDatabase, question: str) -> None:
    statement, arguments, indexes = OVER_THE_DRIVER[question]
    connection = await asyncpg.connect(filled.app_url, server_settings={"fairground.clock_offset": "0 s"})
    plans = await explain(connection, statement, *arguments)
    await connection.close()
    assert plans.whole(GROWING) == []
    assert indexes <= plans.indexes


async def test_a_question_no_index_answers_is_seen(asked: Db) -> None:
    with explained(asked) as plans:
        async with asked.read() as tx:
            await tx.execute(text("SELECT FROM play WHERE nonce = 1"))
    assert "dice_log" in plans.whole(GROWING)
