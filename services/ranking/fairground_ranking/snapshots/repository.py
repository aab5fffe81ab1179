"""All SQL of the ranking."""

import datetime
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, text, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from fairground_common.db import ReadTx, Tx, sqlstate_of
from fairground_common.db.connection import STATEMENT_TIMEOUT
from fairground_common.db.failures import LOCK_TIMEOUT
from fairground_common.db.rows import as_rows, insert_rows
from fairground_ranking.snapshots.errors import RankingUploadInProgress
from fairground_ranking.snapshots.models import ranking_daily, ranking_day, ranking_snapshot
from fairground_ranking.snapshots.rules import Entry, Place, Ranking, Snapshot, Standings, Version, standings_of

LOCK_SPACE = 0x72616E6B
"""First key of the advisory lock of a day; the second one is the day's number."""

LOCK_WAIT = STATEMENT_TIMEOUT - timedelta(milliseconds=500)
"""Long enough for the upload of a small ranking to end, shorter than what any statement may take."""

_INSERT_ENTRIES = insert_rows(ranking_daily, ("rank", "user_id", "display_name", "score"), same=("date", "version"))

STANDINGS = text("""
    WITH published AS (SELECT version FROM ranking_day WHERE date = :day)
    (SELECT rank, user_id, display_name, score, false AS is_me FROM ranking_daily
     WHERE date = :day AND version = (SELECT version FROM published) ORDER BY rank LIMIT :top)
    UNION ALL
    (SELECT rank, user_id, display_name, score, true FROM ranking_daily
     WHERE date = :day AND version = (SELECT version FROM published) AND user_id = :me)
""")
"""Top and own entry of one version: a single statement, hence a single snapshot of the pointer.

As text, because this is what players wait for: SQLAlchemy spends more on an expression of this size than PostgreSQL
on answering it. The version is a value and not a join: the primary key then gives the top in order, without a sort.
"""


class SnapshotRepository:
    """A day's versions and the pointer to the one players see."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def lock_day(self, date: datetime.date) -> None:
        """Let one upload or rollback of a day run at a time. Raises RankingUploadInProgress after LOCK_WAIT."""
        await self._tx.execute(select(func.set_config("lock_timeout", _milliseconds(LOCK_WAIT), true())))
        try:
            await self._tx.execute(select(func.pg_advisory_xact_lock(LOCK_SPACE, date.toordinal())))
        except DBAPIError as error:
            if sqlstate_of(error) == LOCK_TIMEOUT:
                raise RankingUploadInProgress(retry_after=2) from error
            raise

    async def find_published(self, date: datetime.date) -> Snapshot | None:
        """Return the snapshot players see, None on a day without one."""
        return await _find(
            self._tx,
            ranking_snapshot.c.date == date,
            ranking_snapshot.c.version
            == select(ranking_day.c.version).where(ranking_day.c.date == date).scalar_subquery(),
        )

    async def find_by_content(self, date: datetime.date, content_hash: bytes) -> Snapshot | None:
        return await _find(self._tx, ranking_snapshot.c.date == date, ranking_snapshot.c.content_hash == content_hash)

    async def add(self, date: datetime.date, ranking: Ranking, *, by: int) -> Snapshot:
        """Store a ranking as the day's next version. The day must be locked."""
        last = await self._tx.scalar(
            select(func.max(ranking_snapshot.c.version)).where(ranking_snapshot.c.date == date)
        )
        snapshot = Snapshot(date, (last or 0) + 1, ranking.content_hash, ranking.entries)
        await self._tx.execute(
            insert(ranking_snapshot).values(
                date=date,
                version=snapshot.version,
                content_hash=snapshot.content_hash,
                entries=snapshot.entries,
                uploaded_by=by,
                created_at=self._tx.now,
            )
        )
        for batch in ranking.batches:
            await self._tx.execute(_INSERT_ENTRIES, as_rows(batch, date=date, version=snapshot.version))
        return snapshot

    async def publish(self, snapshot: Snapshot, *, by: int) -> None:
        """Show a version to players from the commit on."""
        pointer = {"version": snapshot.version, "published_by": by, "published_at": self._tx.now}
        await self._tx.execute(
            postgresql.insert(ranking_day)
            .values(date=snapshot.date, **pointer)
            .on_conflict_do_update(index_elements=[ranking_day.c.date], set_=pointer)
        )


async def find_version(tx: ReadTx, date: datetime.date, version: int) -> Snapshot | None:
    return await _find(tx, ranking_snapshot.c.date == date, ranking_snapshot.c.version == version)


async def list_versions(tx: ReadTx, date: datetime.date) -> list[Version]:
    """Return a day's versions, newest first."""
    rows = await tx.rows(
        select(ranking_snapshot, (ranking_day.c.version == ranking_snapshot.c.version).label("is_published"))
        .join(ranking_day, ranking_day.c.date == ranking_snapshot.c.date)
        .where(ranking_snapshot.c.date == date)
        .order_by(ranking_snapshot.c.version.desc())
    )
    return [Version(_snapshot(row), row.uploaded_by, row.created_at, row.is_published) for row in rows]


async def list_places(tx: ReadTx, user_id: int, *, most: int) -> list[Place]:
    """Return a player's entries in published rankings, latest day first."""
    published = (ranking_day.c.date == ranking_daily.c.date) & (ranking_day.c.version == ranking_daily.c.version)
    rows = await tx.rows(
        select(ranking_daily)
        .join(ranking_day, published)
        .where(ranking_daily.c.user_id == user_id)
        .order_by(ranking_daily.c.date.desc())
        .limit(most)
    )
    return [Place(row.date, row.version, _entry(row)) for row in rows]


async def list_entries(tx: ReadTx, date: datetime.date, version: int, *, after: int, limit: int) -> list[Entry]:
    """Return entries of a version behind a rank, in rank order."""
    rows = await tx.rows(
        select(ranking_daily)
        .where(ranking_daily.c.date == date, ranking_daily.c.version == version, ranking_daily.c.rank > after)
        .order_by(ranking_daily.c.rank)
        .limit(limit)
    )
    return [_entry(row) for row in rows]


async def read_standings(tx: ReadTx, date: datetime.date, *, top: int, user_id: int) -> Standings:
    """Return the first ``top`` entries of a day's published ranking and the player's own entry: one statement."""
    rows = await tx.rows(STANDINGS, {"day": date, "top": top, "me": user_id})
    listed = sorted((_entry(row) for row in rows if not row.is_me), key=lambda entry: entry.rank)
    return standings_of(top=listed, me=next((_entry(row) for row in rows if row.is_me), None))


async def _find(tx: ReadTx, *conditions: ColumnElement[bool]) -> Snapshot | None:
    found = await tx.row(select(ranking_snapshot).where(*conditions))
    return None if found is None else _snapshot(found)


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.rank, row.user_id, row.display_name, row.score)


def _snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot(row.date, row.version, row.content_hash, row.entries)


def _milliseconds(wait: timedelta) -> str:
    return f"{wait // timedelta(milliseconds=1)}ms"
