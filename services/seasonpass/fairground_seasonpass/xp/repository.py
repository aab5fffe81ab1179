"""All SQL of XP: the ledger and progress."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, any_, bindparam, func, select, update

from fairground_common.db import ReadTx, Tx
from fairground_common.db.arrays import as_arrays, insert_rows, unnested
from fairground_seasonpass.xp.entry import Entry, Line, Total
from fairground_seasonpass.xp.models import season_pass_progress as progress
from fairground_seasonpass.xp.models import season_pass_xp_log as xp_log


@dataclass(frozen=True, slots=True)
class Increase:
    """What to add to one player's progress in one season."""

    user_id: int
    season_id: int
    xp: int
    stamps: int
    last_stamp_date: datetime.date | None


class XpReader:
    def __init__(self, tx: ReadTx) -> None:
        self._tx = tx

    async def known(self, event_ids: Collection[UUID]) -> set[UUID]:
        """Return which events the ledger has."""
        return {row.event_id for row in await self._tx.rows(_KNOWN, {"ids": list(event_ids)})}

    async def payloads(self, event_ids: Collection[UUID]) -> dict[UUID, Any]:
        """Return what the ledger kept of events."""
        return {row.event_id: row.payload for row in await self._tx.rows(_PAYLOADS, {"ids": list(event_ids)})}

    async def find_total(self, *, user_id: int, season_id: int) -> Total | None:
        row = await self._tx.row(_TOTAL, {"user_id": user_id, "season_id": season_id})
        return None if row is None else _total(row)

    async def list_lines(self, *, user_id: int, season_id: int | None, before: UUID | None, limit: int) -> list[Line]:
        """Return a player's lines that belong to a season, newest event first."""
        page = _LINES.limit(bindparam("limit"))
        parameters: dict[str, Any] = {"user_id": user_id, "limit": limit}
        if season_id is not None:
            page = page.where(xp_log.c.season_id == bindparam("season_id"))
            parameters["season_id"] = season_id
        if before is not None:
            page = page.where(xp_log.c.event_id < bindparam("before"))
            parameters["before"] = before
        return [_line(row) for row in await self._tx.rows(page, parameters)]


class XpRepository(XpReader):
    def __init__(self, tx: Tx) -> None:
        super().__init__(tx)
        self._tx: Tx = tx

    async def append(self, entries: Sequence[Entry]) -> set[UUID]:
        """Write lines; return those whose events were not in the ledger."""
        rows = [_log_row(entry, self._tx.now) for entry in entries]
        return {row.event_id for row in await self._tx.rows(_APPEND, as_arrays(rows, _LOGGED))}

    async def increase(self, increases: Sequence[Increase]) -> list[Total]:
        """Add to progress and lock it, in the order given; return it with the new XP and still the old level."""
        rows = [
            {
                "user_id": each.user_id,
                "season_id": each.season_id,
                "current_xp": each.xp,
                "current_level": 0,
                "total_stamps": each.stamps,
                "last_stamp_date": each.last_stamp_date,
                "updated_at": self._tx.now,
            }
            for each in increases
        ]
        return [_total(row) for row in await self._tx.rows(_INCREASE, as_arrays(rows, _PROGRESS))]

    async def set_levels(self, totals: Sequence[Total]) -> None:
        """Store the levels of progress that is locked already."""
        rows = [
            {"user_id": each.user_id, "season_id": each.season_id, "current_level": each.current_level}
            for each in totals
        ]
        await self._tx.execute(_SET_LEVELS, as_arrays(rows, _LEVEL))


def _log_row(entry: Entry, now: datetime.datetime) -> dict[str, Any]:
    return {
        "event_id": entry.event_id,
        "user_id": entry.user_id,
        "season_id": None if entry.season is None else entry.season.id,
        "day": entry.day,
        "source": entry.source,
        "xp": entry.xp,
        "stamp": entry.stamp,
        "payload": entry.payload,
        "created_at": now,
    }


def _total(row: Row[Any]) -> Total:
    return Total(row.user_id, row.season_id, row.current_xp, row.current_level, row.total_stamps, row.last_stamp_date)


def _line(row: Row[Any]) -> Line:
    return Line(row.event_id, row.season_id, row.day, row.source, row.xp, row.stamp, row.payload, row.created_at)


_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_LOGGED = tuple(column.name for column in xp_log.columns)
_PROGRESS = tuple(column.name for column in progress.columns)
_LEVEL = ("user_id", "season_id", "current_level")

_KNOWN = select(xp_log.c.event_id).where(xp_log.c.event_id == any_(_IDS))
_PAYLOADS = select(xp_log.c.event_id, xp_log.c.payload).where(xp_log.c.event_id == any_(_IDS))

_APPEND = (
    insert_rows(xp_log, _LOGGED).on_conflict_do_nothing(index_elements=[xp_log.c.event_id]).returning(xp_log.c.event_id)
)

_NEW = insert_rows(progress, _PROGRESS)
_INCREASE = _NEW.on_conflict_do_update(
    index_elements=[progress.c.user_id, progress.c.season_id],
    set_={
        "current_xp": progress.c.current_xp + _NEW.excluded.current_xp,
        "total_stamps": progress.c.total_stamps + _NEW.excluded.total_stamps,
        "last_stamp_date": func.greatest(progress.c.last_stamp_date, _NEW.excluded.last_stamp_date),
        "updated_at": _NEW.excluded.updated_at,
    },
).returning(*progress.columns)

_REACHED = unnested(progress, _LEVEL).subquery()
_SET_LEVELS = (
    update(progress)
    .where(progress.c.user_id == _REACHED.c.user_id, progress.c.season_id == _REACHED.c.season_id)
    .values(current_level=_REACHED.c.current_level)
)

_TOTAL = select(*progress.columns).where(
    progress.c.user_id == bindparam("user_id"), progress.c.season_id == bindparam("season_id")
)

# By event id: it is a UUIDv7, so this is the order in which the events were made.
_LINES = (
    select(*xp_log.columns)
    .where(xp_log.c.user_id == bindparam("user_id"), xp_log.c.season_id.is_not(None))
    .order_by(xp_log.c.event_id.desc())
)
