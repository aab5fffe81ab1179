"""No question about XP, stamps or rewards reads a whole table, however long the season pass has run.

The questions are asked as the service asks them, of filled tables; what is looked at is the plan PostgreSQL makes.
"""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
import pytest_asyncio

from fairground_common.clock import Clock
from fairground_common.db import Db, Tx
from fairground_common.db.audit import Wanted, list_acts
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.tallies import Slice
from fairground_common.testing.plans import asking, explained, grown
from fairground_seasonpass.lookup.usecases import look_up_player
from fairground_seasonpass.plays.repository import take_waiting
from fairground_seasonpass.plays.rules import Play
from fairground_seasonpass.plays.usecases import count_plays
from fairground_seasonpass.rebuild.repository import list_books
from fairground_seasonpass.reconcile.usecases import count_undelivered, tally_days
from fairground_seasonpass.rewards import repository as rewards
from fairground_seasonpass.schema import audit_log
from fairground_seasonpass.status.usecases import read_status
from fairground_seasonpass.xp.usecases import list_lines, list_players

ROWS = 100_000
TODAY = Clock().today()
YESTERDAY = TODAY - datetime.timedelta(days=1)
GROWING = {
    *(f"season_pass_{name}" for name in ("xp_log", "stamp_log", "progress", "reward_log", "delivery", "waiting_play")),
    *("audit_log", "user_event_log_default"),
}

FILL = """
INSERT INTO season_pass_config (season_name, start_date, end_date, max_level, base_xp_per_stamp, claim_grace_days,
    state, created_at, published_at)
SELECT 's', current_date - 100, current_date + 100, 2, 10, 7, 'PUBLISHED', now(), now();
INSERT INTO season_pass_level (season_id, level, required_xp, reward, auto_claim)
SELECT id, level, level * 10, '{"type": "POINT", "amount": 1}', true
FROM season_pass_config, generate_series(1, 2) AS level;
INSERT INTO season_pass_xp_log (event_id, user_id, season_id, day, source, xp, stamp, payload, created_at)
SELECT (lpad(to_hex(n), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid, n % 10000, id,
    current_date - 50 + n / ({rows} / 50), 'PLAY', 1, n <= 2000, '{}', now()
FROM season_pass_config, generate_series(1, {rows}) AS n;
INSERT INTO season_pass_stamp_log (user_id, season_id, date, event_id, xp, created_at)
SELECT n % 10000, id, current_date - n / 10000, gen_random_uuid(), 10, now()
FROM season_pass_config, generate_series(1, {rows}) AS n;
INSERT INTO season_pass_progress (user_id, season_id, current_xp, current_level, total_stamps, updated_at)
SELECT n, id, 10, 1, 1, now() FROM season_pass_config, generate_series(1, {rows}) AS n;
INSERT INTO season_pass_reward_log (user_id, season_id, level, grant_id, reward, auto_claim, granted_at)
SELECT n, id, 1, gen_random_uuid(), '{"type": "POINT", "amount": 1}', true, now()
FROM season_pass_config, generate_series(1, {rows}) AS n;
INSERT INTO season_pass_delivery (grant_id, attempts, sent_at, due_at, delivered_at)
SELECT grant_id, 1, now(), now(),
    CASE WHEN user_id % 10000 <> 0 THEN current_date - 500 + (user_id / ({rows} / 500))::int END
FROM season_pass_reward_log ORDER BY user_id;
INSERT INTO season_pass_waiting_play (event_id, user_id, day, occurred_at)
SELECT gen_random_uuid(), n, current_date + 200 + n / 100, now() FROM generate_series(1, {rows}) AS n;
INSERT INTO audit_log (created_at, user_id, action, subject)
SELECT now(), n % 9, 'SEASON_CREATED', 'season:' || n FROM generate_series(1, {rows}) AS n;
INSERT INTO user_event_log (created_at, user_id, action, result)
SELECT timestamptz '2020-01-01' + n * interval '1 minute', n % 500, 'SEASON_PASS_STAMP', '{}'
FROM generate_series(1, {rows}) AS n;
"""


def a_play(user_id: int) -> Play:
    moment = Clock().now()
    return Play(new_id(), user_id, TODAY, moment, "ROULETTE", "HIT", 0, "{}")


async def first_grants(tx: Tx) -> dict[UUID, datetime.datetime]:
    return {each.grant.grant_id: tx.now for each in await rewards.list_deliveries(tx, user_id=400, limit=1)}


async def complete(tx: Tx) -> None:
    await rewards.RewardRepository(tx).complete_deliveries(await first_grants(tx))


def a_part_of_a_day(tx: Tx) -> Awaitable[object]:
    return tally_days(tx, first=YESTERDAY, last=YESTERDAY, part=Slice(2, 4))


QUESTIONS: dict[str, tuple[Callable[[Tx], Awaitable[object]], set[str]]] = {
    "status": (
        lambda tx: read_status(tx, user_id=7, season_id=None),
        {"pk_season_pass_progress", "pk_season_pass_reward_log", "pk_season_pass_stamp_log", "pk_season_pass_delivery"},
    ),
    "counting plays": (lambda tx: count_plays(tx, [a_play(7), a_play(8)]), {"pk_season_pass_xp_log"}),
    "counting a crowd's plays": (
        lambda tx: count_plays(tx, [a_play(user_id) for user_id in range(1000, 1400)]),
        {"pk_season_pass_xp_log"},
    ),
    "XP history": (
        lambda tx: list_lines(tx, user_id=7, season_id=None, before=None, limit=21),
        {"ix_season_pass_xp_log_user_id_event_id"},
    ),
    "a later page of it": (
        lambda tx: list_lines(tx, user_id=7, season_id=1, before=UUID(int=2**90), limit=21),
        {"ix_season_pass_xp_log_user_id_event_id"},
    ),
    "a player": (lambda tx: look_up_player(tx, 7), {"pk_season_pass_progress", "pk_season_pass_stamp_log"}),
    "a season's players": (
        lambda tx: list_players(tx, season_id=1, after=500, limit=21),
        {"pk_season_pass_progress"},
    ),
    "deliveries that were answered": (complete, {"pk_season_pass_delivery"}),
    "deliveries that are overdue": (
        lambda tx: rewards.RewardRepository(tx).take_overdue(limit=5),
        {"ix_season_pass_delivery_pending"},
    ),
    "how many deliveries are open": (
        lambda tx: rewards.count_pending(tx, most=100),
        {"ix_season_pass_delivery_pending"},
    ),
    "how many reconciling finds open": (count_undelivered, {"ix_season_pass_delivery_pending"}),
    "plays that wait for a season": (
        lambda tx: take_waiting(tx, first=TODAY, last=TODAY, limit=5),
        {"ix_season_pass_waiting_play_day_user_id"},
    ),
    "a day": (
        lambda tx: tally_days(tx, first=YESTERDAY, last=YESTERDAY),
        {"ix_season_pass_xp_log_day", "ix_season_pass_delivery_delivered_at"},
    ),
    "a part of a day": (a_part_of_a_day, {"pk_season_pass_xp_log"}),
    "a page of a rebuild": (
        lambda tx: list_books(tx, season_id=1, after=50, limit=20),
        {"pk_season_pass_progress", "ix_season_pass_xp_log_user_id_event_id", "pk_season_pass_reward_log"},
    ),
    "acts": (lambda tx: list_acts(tx, audit_log, Wanted(), before=None, limit=21), {"pk_audit_log"}),
    "acts on a season": (
        lambda tx: list_acts(tx, audit_log, Wanted(subject="season:77"), before=None, limit=21),
        {"ix_audit_log_subject_id"},
    ),
}


@pytest_asyncio.fixture(scope="module")
async def filled(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a database in which every growing table has grown."""
    return await grown(fresh_database("seasonpass"), FILL.replace("{rows}", str(ROWS)))


@pytest_asyncio.fixture
async def asked(filled: ServiceDatabase) -> AsyncIterator[Db]:
    async with asking(filled) as db:
        yield db


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_is_answered_by_its_index(asked: Db, question: str) -> None:
    ask, indexes = QUESTIONS[question]
    with explained(asked) as plans:
        async with asked.begin() as tx:
            await ask(tx)
    assert plans.whole(GROWING) == []
    assert indexes <= plans.indexes
