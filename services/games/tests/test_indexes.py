"""No question about plays, rewards or logs reads a whole table, however long the product has run.

The questions are asked as the service asks them, of filled tables; what is looked at is the plan PostgreSQL makes.
"""

import datetime
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import CursorResult, Executable
from sqlalchemy.sql import ClauseElement

from fairground_common.db import Db, ReadTx
from fairground_common.db.audit import Wanted, list_acts
from fairground_games.configs import repository as configs
from fairground_games.fairness import repository as fairness
from fairground_games.grants import repository as grants
from fairground_games.lookup import repository as lookup
from fairground_games.players import repository as players
from fairground_games.plays.statements import HISTORY, LOCK
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
SELECT n % 500, 'POINT', 1, 1, 'play', gen_random_uuid(), now() FROM generate_series(1, {rows}) AS n;
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
"""

QUESTIONS: dict[str, Ask] = {
    "acts": lambda tx: list_acts(tx, audit_log, Wanted(), before=None, limit=21),
    "acts on a subject": lambda tx: list_acts(tx, audit_log, Wanted(subject="config:"), before=5000, limit=21),
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

OVER_THE_DRIVER: dict[str, tuple[str, tuple[Any, ...]]] = {
    "history": (HISTORY, ("dice", 7, NOW, UUID(int=1), 21)),
    "first page of a history": (HISTORY, ("dice", 7, None, None, 21)),
    "the lock of a play under a key": (LOCK, ([7, 8], ["dice", "roulette"], ["key-7", None])),
}


class ExplainingTx(ReadTx):
    """Asks PostgreSQL for the plan of every statement before it runs."""

    plans: list[dict[str, Any]]

    async def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        assert isinstance(statement, ClauseElement)
        known = statement.params(dict(parameters)) if isinstance(parameters, Mapping) else statement
        sql = known.compile(dialect=self._connection.dialect, compile_kwargs={"literal_binds": True})
        explained = await self._connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}")
        plan = explained.scalar_one()
        self.plans += json.loads(plan) if isinstance(plan, str) else plan
        return await super().execute(statement, parameters)


@pytest_asyncio.fixture(scope="module")
async def filled(fresh_database: Callable[[str], Any]) -> Any:
    """Return a database in which every growing table has grown."""
    database = fresh_database("games")
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(FILL.replace("{rows}", str(ROWS)))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return database


@pytest_asyncio.fixture
async def explaining(filled: Any) -> AsyncIterator[ExplainingTx]:
    """Yield a transaction of the app role that keeps the plans of what it is asked."""
    db = Db.connect(filled.app_url, application="test")
    async with db.read() as tx:
        explaining = ExplainingTx(tx._connection, tx.now)
        explaining.plans = []
        yield explaining
    await db.close()


def whole_tables(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield the growing tables a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in GROWING:
        yield plan["Relation Name"]
    for child in plan.get("Plans", ()):
        yield from whole_tables(child)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_reads_no_whole_table(explaining: ExplainingTx, question: str) -> None:
    await QUESTIONS[question](explaining)
    assert explaining.plans
    assert [table for each in explaining.plans for table in whole_tables(each["Plan"])] == []


@pytest.mark.parametrize("question", OVER_THE_DRIVER)
async def test_a_question_over_the_driver_reads_no_whole_table(filled: Any, question: str) -> None:
    statement, arguments = OVER_THE_DRIVER[question]
    connection = await asyncpg.connect(filled.app_url, server_settings={"fairground.clock_offset": "0 s"})
    explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
    await connection.close()
    assert list(whole_tables(json.loads(explained)[0]["Plan"])) == []


async def test_a_question_no_index_answers_is_seen(explaining: ExplainingTx) -> None:
    plan = await explaining._connection.exec_driver_sql("EXPLAIN (FORMAT JSON) SELECT FROM play WHERE nonce = 1")
    assert "dice_log" in set(whole_tables(plan.scalar_one()[0]["Plan"]))
