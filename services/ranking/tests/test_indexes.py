"""No question about rankings reads a whole table, however many days there have been.

The questions are asked as the service asks them, of filled tables; what is looked at is the plan PostgreSQL makes.
"""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from fairground_common.db import Db, ReadTx
from fairground_common.db.audit import Wanted, list_acts
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing.plans import asking, explained, grown
from fairground_ranking.schema import audit_log
from fairground_ranking.snapshots import repository

DAY = datetime.date(2026, 3, 1)
GROWING = {"ranking_daily", "ranking_snapshot", "audit_log"}

FILL = """
INSERT INTO ranking_snapshot (date, version, content_hash, entries, uploaded_by, created_at)
SELECT date '2026-01-01' + day, version, int4send(version), 100, 1, now()
FROM generate_series(0, 199) AS day, generate_series(1, 5) AS version;
INSERT INTO ranking_daily (date, version, rank, user_id, display_name, score)
SELECT date, version, rank, rank * 7, 'n', 1000 - rank FROM ranking_snapshot, generate_series(1, 100) AS rank;
INSERT INTO ranking_day (date, version, published_by, published_at)
SELECT date '2026-01-01' + day, 5, 1, now() FROM generate_series(0, 199) AS day;
INSERT INTO audit_log (created_at, user_id, action, subject)
SELECT now(), n % 9, 'RANKING_PUBLISHED', 'ranking:' || n FROM generate_series(1, 20000) AS n;
"""

QUESTIONS: dict[str, tuple[Callable[[ReadTx], Awaitable[object]], set[str]]] = {
    "standings": (lambda tx: repository.read_standings(tx, DAY, top=10, user_id=70), {"pk_ranking_daily"}),
    "one's own place": (
        lambda tx: repository.read_standings(tx, DAY, top=10, user_id=70),
        {"uq_ranking_daily_date_version_user_id"},
    ),
    "a player's places": (lambda tx: repository.list_places(tx, 70, most=20), {"ix_ranking_daily_user_id_date"}),
    "versions of a day": (lambda tx: repository.list_versions(tx, DAY), set()),
    "a version": (lambda tx: repository.find_version(tx, DAY, 3), {"pk_ranking_snapshot"}),
    "a page of entries": (lambda tx: repository.list_entries(tx, DAY, 3, after=20, limit=21), {"pk_ranking_daily"}),
    "acts": (lambda tx: list_acts(tx, audit_log, Wanted(), before=None, limit=21), {"pk_audit_log"}),
    "acts on a ranking": (
        lambda tx: list_acts(tx, audit_log, Wanted(subject="ranking:77"), before=None, limit=21),
        {"ix_audit_log_subject_id"},
    ),
}


@pytest_asyncio.fixture(scope="module")
async def filled(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a database in which every growing table has grown."""
    return await grown(fresh_database("ranking"), FILL)


@pytest_asyncio.fixture
async def asked(filled: ServiceDatabase) -> AsyncIterator[Db]:
    async with asking(filled) as db:
        yield db


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_is_answered_by_its_index(asked: Db, question: str) -> None:
    ask, indexes = QUESTIONS[question]
    with explained(asked) as plans:
        async with asked.read() as tx:
            await ask(tx)
    assert plans.whole(GROWING) == []
    assert plans.indexes >= indexes
