"""All SQL of plays that wait for their season."""

import datetime
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, select

from fairground_common.db import Tx
from fairground_common.db.rows import as_rows, insert_rows
from fairground_seasonpass.plays.models import season_pass_waiting_play as waiting
from fairground_seasonpass.plays.rules import Play


async def keep_waiting(tx: Tx, plays: Sequence[Play]) -> None:
    """Remember plays that count for no season yet."""
    rows = [{name: getattr(play, name) for name in _COLUMNS} for play in plays]
    await tx.execute(_KEEP, as_rows(rows))


async def take_waiting(
    tx: Tx, *, first: datetime.date, last: datetime.date, limit: int
) -> dict[UUID, datetime.datetime]:
    """Remove plays of days within ``first``..``last`` that nobody else is taking; return when each of them happened."""
    rows = await tx.rows(_LOCK, {"first": first, "last": last, "limit": limit})
    taken = {row.event_id: row.occurred_at for row in rows}
    if taken:
        await tx.execute(_REMOVE, {"ids": list(taken)})
    return taken


_COLUMNS = tuple(column.name for column in waiting.columns)

_KEEP = insert_rows(waiting, _COLUMNS)

_LOCK = (
    select(*waiting.columns)
    .where(waiting.c.day.between(bindparam("first"), bindparam("last")))
    .order_by(waiting.c.user_id, waiting.c.event_id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)

_REMOVE = delete(waiting).where(waiting.c.event_id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
