"""All SQL of stamps."""

import datetime
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from fairground_common.db import ReadTx, Tx
from fairground_common.db.arrays import as_arrays, insert_rows
from fairground_seasonpass.stamps.models import season_pass_stamp_log as stamp_log
from fairground_seasonpass.stamps.stamp import Stamp


async def add_stamps(tx: Tx, stamps: Sequence[Stamp]) -> set[UUID]:
    """Insert stamps where the day has none, in the order given; return the events that brought one.

    Waits for another transaction that is stamping the same day: the unique key decides, not what is visible here.
    """
    rows = [_row(stamp) | {"created_at": tx.now} for stamp in stamps]
    return {row.event_id for row in await tx.rows(_ADD, as_arrays(rows, _COLUMNS))}


async def is_stamped(tx: ReadTx, *, user_id: int, season_id: int, date: datetime.date) -> bool:
    found = await tx.scalar(_STAMPED, {"user_id": user_id, "season_id": season_id, "date": date})
    return found is not None


def _row(stamp: Stamp) -> dict[str, Any]:
    return {
        "user_id": stamp.user_id,
        "season_id": stamp.season_id,
        "date": stamp.date,
        "event_id": stamp.event_id,
        "xp": stamp.xp,
    }


_COLUMNS = tuple(column.name for column in stamp_log.columns)

_ADD = (
    insert_rows(stamp_log, _COLUMNS)
    .on_conflict_do_nothing(index_elements=[stamp_log.c.user_id, stamp_log.c.season_id, stamp_log.c.date])
    .returning(stamp_log.c.event_id)
)

_STAMPED = select(stamp_log.c.event_id).where(
    stamp_log.c.user_id == bindparam("user_id"),
    stamp_log.c.season_id == bindparam("season_id"),
    stamp_log.c.date == bindparam("date"),
)
