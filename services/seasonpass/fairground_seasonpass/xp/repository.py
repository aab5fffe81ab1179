"""All SQL of XP: the ledger and progress."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Row, Uuid, any_, bindparam, select, text

from fairground_common.db import ReadTx, Tx
from fairground_common.db.rows import as_json, as_rows, insert_rows
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.xp.entry import Added, Entry, Line, Total
from fairground_seasonpass.xp.models import season_pass_progress as progress
from fairground_seasonpass.xp.models import season_pass_xp_log as xp_log
from fairground_seasonpass.xp.statements import ENTER


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

    async def list_totals(self, *, user_id: int) -> list[Total]:
        """Return a player's progress in every season, newest season first."""
        return [_total(row) for row in await self._tx.rows(_TOTALS, {"user_id": user_id})]

    async def list_players(self, *, season_id: int, after: int, limit: int) -> list[Total]:
        """Return the progress of a season's players, by user id."""
        return [
            _total(row)
            for row in await self._tx.rows(_PLAYERS, {"season_id": season_id, "after": after, "limit": limit})
        ]

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
        """Write lines of no season; return those whose events were not in the ledger."""
        rows = map(_log_row, sorted(entries, key=lambda entry: entry.event_id.int))
        return {row.event_id for row in await self._tx.rows(_APPEND, as_rows(rows, created_at=self._tx.now))}

    async def enter(self, entries: Sequence[Entry], seasons: Iterable[Season]) -> list[Added]:
        """Write lines, and add those whose events were not in the ledger to their players' progress."""
        curves = [
            {"season_id": each.id, "required_xp": [level.required_xp for level in each.levels]} for each in seasons
        ]
        lines = as_json(map(_log_row, entries))
        given = {"lines": lines, "curves": as_json(curves), "now": self._tx.now}
        return [Added(_total(row), row.xp, row.stamps) for row in await self._tx.rows(_ENTER, given)]


def _log_row(entry: Entry) -> dict[str, Any]:
    return {
        "event_id": entry.event_id,
        "user_id": entry.user_id,
        "season_id": None if entry.season is None else entry.season.id,
        "day": entry.day,
        "source": entry.source,
        "xp": entry.xp,
        "stamp": entry.stamp,
        "payload": msgspec.Raw(entry.payload.encode()),
    }


def _total(row: Row[Any]) -> Total:
    return Total(row.user_id, row.season_id, row.current_xp, row.current_level, row.total_stamps, row.last_stamp_date)


def _line(row: Row[Any]) -> Line:
    return Line(row.event_id, row.season_id, row.day, row.source, row.xp, row.stamp, row.payload, row.created_at)


_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_LOGGED = tuple(column.name for column in xp_log.columns if column.name != "created_at")

_KNOWN = select(xp_log.c.event_id).where(xp_log.c.event_id == any_(_IDS))
_PAYLOADS = select(xp_log.c.event_id, xp_log.c.payload).where(xp_log.c.event_id == any_(_IDS))

_APPEND = (
    insert_rows(xp_log, _LOGGED, same=("created_at",))
    .on_conflict_do_nothing(index_elements=[xp_log.c.event_id])
    .returning(xp_log.c.event_id)
)
_ENTER = text(ENTER)

_TOTAL = select(*progress.columns).where(
    progress.c.user_id == bindparam("user_id"), progress.c.season_id == bindparam("season_id")
)

_TOTALS = (
    select(*progress.columns).where(progress.c.user_id == bindparam("user_id")).order_by(progress.c.season_id.desc())
)

_PLAYERS = (
    select(*progress.columns)
    .where(progress.c.season_id == bindparam("season_id"), progress.c.user_id > bindparam("after"))
    .order_by(progress.c.user_id)
    .limit(bindparam("limit"))
)

# By event id: it is a UUIDv7, so this is the order in which the events were made.
_LINES = (
    select(*xp_log.columns)
    .where(xp_log.c.user_id == bindparam("user_id"), xp_log.c.season_id.is_not(None))
    .order_by(xp_log.c.event_id.desc())
)
