"""All SQL of stamps."""

import datetime
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select

from fairground_common.db import ReadTx, Tx
from fairground_common.db.rows import as_rows, insert_rows
from fairground_seasonpass.stamps.models import season_pass_stamp_log as stamp_log
from fairground_seasonpass.stamps.stamp import Stamp


async def add_stamps(tx: Tx, stamps: Sequence[Stamp]) -> set[UUID]:
    """Insert stamps where the day has none, in the order given; return the events that brought one.

    Waits for another transaction that is stamping the same day: the unique key decides, not what is visible here.
    """
    return {row.event_id for row in await tx.rows(_ADD, as_rows(stamps, created_at=tx.now))}


async def is_stamped(tx: ReadTx, *, user_id: int, season_id: int, date: datetime.date) -> bool:
    found = await tx.scalar(_STAMPED, {"user_id": user_id, "season_id": season_id, "date": date})
    return found is not None


async def list_stamps(tx: ReadTx, *, user_id: int, limit: int) -> list[Stamp]:
    """Return a player's last stamps of all seasons, newest day first."""
    rows = await tx.rows(_LAST, {"user_id": user_id, "limit": limit})
    return [Stamp(row.user_id, row.season_id, row.date, row.event_id, row.xp) for row in rows]


_COLUMNS = tuple(column.name for column in stamp_log.columns if column.name != "created_at")

_ADD = (
    insert_rows(stamp_log, _COLUMNS, same=("created_at",))
    .on_conflict_do_nothing(index_elements=[stamp_log.c.user_id, stamp_log.c.season_id, stamp_log.c.date])
    .returning(stamp_log.c.event_id)
)

_LAST = (
    select(*stamp_log.columns)
    .where(stamp_log.c.user_id == bindparam("user_id"))
    .order_by(stamp_log.c.date.desc(), stamp_log.c.season_id.desc())
    .limit(bindparam("limit"))
)

_STAMPED = select(stamp_log.c.event_id).where(
    stamp_log.c.user_id == bindparam("user_id"),
    stamp_log.c.season_id == bindparam("season_id"),
    stamp_log.c.date == bindparam("date"),
)
