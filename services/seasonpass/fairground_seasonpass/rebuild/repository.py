"""All SQL of a rebuild: everything written about players in one statement, so that it is seen at one moment.

The writers put ledger lines and progress into one transaction; a statement that reads both sees both or neither.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    Integer,
    Row,
    Select,
    Table,
    any_,
    bindparam,
    delete,
    func,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from fairground_common.db import ReadTx, Tx
from fairground_common.db.arrays import as_arrays, insert_rows, unnested
from fairground_seasonpass.rebuild.rules import Books, Progress
from fairground_seasonpass.rewards.models import season_pass_reward_log as reward_log
from fairground_seasonpass.stamps.models import season_pass_stamp_log as stamp_log
from fairground_seasonpass.xp.models import season_pass_progress as progress
from fairground_seasonpass.xp.models import season_pass_xp_log as xp_log


async def list_books(tx: ReadTx, *, season_id: int, after: int, limit: int) -> list[Books]:
    """Return what is written about the next players of a season, by user id."""
    rows = await tx.rows(_NEXT_PLAYERS, {"season_id": season_id, "after": after, "limit": limit})
    return [_books(row) for row in rows]


async def list_books_of(tx: ReadTx, *, season_id: int, user_ids: Sequence[int]) -> list[Books]:
    """Return what is written about some players of a season, by user id."""
    rows = await tx.rows(_THESE_PLAYERS, {"season_id": season_id, "user_ids": list(user_ids)})
    return [_books(row) for row in rows]


async def lock_progress(tx: Tx, *, season_id: int, user_ids: Sequence[int]) -> set[int]:
    """Keep everybody else from changing players' progress. Where there is none it is made: return for whom."""
    nothing = {"season_id": season_id, "current_xp": 0, "current_level": 0, "total_stamps": 0, "last_stamp_date": None}
    rows = [{**nothing, "user_id": user_id, "updated_at": tx.now} for user_id in user_ids]
    made = await tx.rows(_MAKE, as_arrays(rows, _COLUMNS))
    await tx.execute(_LOCK, {"season_id": season_id, "user_ids": list(user_ids)})
    return {row.user_id for row in made}


async def restate(tx: Tx, *, season_id: int, progress_of: dict[int, Progress]) -> None:
    """Store progress that is locked."""
    rows = [
        {
            "user_id": user_id,
            "season_id": season_id,
            "current_xp": each.current_xp,
            "current_level": each.current_level,
            "total_stamps": each.total_stamps,
            "last_stamp_date": each.last_stamp_date,
            "updated_at": tx.now,
        }
        for user_id, each in progress_of.items()
    ]
    await tx.execute(_RESTATE, as_arrays(rows, _COLUMNS))


async def remove(tx: Tx, *, season_id: int, user_ids: Sequence[int]) -> None:
    """Remove progress that is locked."""
    await tx.execute(_REMOVE, {"season_id": season_id, "user_ids": list(user_ids)})


def _books(row: Row[Any]) -> Books:
    stored = None
    if row.current_xp is not None:
        stored = Progress(row.current_xp, row.current_level, row.total_stamps, row.stored_date)
    return Books(
        user_id=row.user_id,
        stored=stored,
        lines=row.lines or 0,
        xp=row.xp or 0,
        ledger_stamps=row.ledger_stamps or 0,
        stamps=row.stamps or 0,
        last_stamp_date=row.last_stamp_date,
        given=tuple(row.given or ()),
    )


_SEASON = bindparam("season_id", type_=BigInteger())
_THESE = bindparam("user_ids", type_=ARRAY(BigInteger()))
_COLUMNS = tuple(column.name for column in progress.columns)


def _next_in(log: Table) -> Select[Any]:
    """The next players a log knows: ordered and limited by itself, so that a page never reads all of it."""
    found = (
        select(log.c.user_id)
        .where(log.c.season_id == _SEASON, log.c.user_id > bindparam("after"))
        .distinct()
        .order_by(log.c.user_id)
        .limit(bindparam("limit"))
    )
    return found.subquery().select()


def _all_about(players: CTE) -> Select[Any]:
    """Everything written about players, one row each."""
    whose = select(players.c.user_id)
    ledger = (
        select(
            xp_log.c.user_id,
            func.count().label("lines"),
            func.sum(xp_log.c.xp).cast(BigInteger).label("xp"),
            func.count().filter(xp_log.c.stamp).label("ledger_stamps"),
        )
        .where(xp_log.c.season_id == _SEASON, xp_log.c.user_id.in_(whose))
        .group_by(xp_log.c.user_id)
        .cte("ledger")
    )
    stamped = (
        select(stamp_log.c.user_id, func.count().label("stamps"), func.max(stamp_log.c.date).label("last_stamp_date"))
        .where(stamp_log.c.season_id == _SEASON, stamp_log.c.user_id.in_(whose))
        .group_by(stamp_log.c.user_id)
        .cte("stamped")
    )
    levels = func.array_agg(aggregate_order_by(reward_log.c.level, reward_log.c.level), type_=ARRAY(Integer()))
    paid = (
        select(reward_log.c.user_id, levels.label("given"))
        .where(reward_log.c.season_id == _SEASON, reward_log.c.user_id.in_(whose))
        .group_by(reward_log.c.user_id)
        .cte("paid")
    )
    stored = (progress.c.user_id == players.c.user_id) & (progress.c.season_id == _SEASON)
    return (
        select(
            players.c.user_id,
            progress.c.current_xp,
            progress.c.current_level,
            progress.c.total_stamps,
            progress.c.last_stamp_date.label("stored_date"),
            ledger.c.lines,
            ledger.c.xp,
            ledger.c.ledger_stamps,
            stamped.c.stamps,
            stamped.c.last_stamp_date,
            paid.c.given,
        )
        .select_from(
            players.outerjoin(progress, stored)
            .outerjoin(ledger, ledger.c.user_id == players.c.user_id)
            .outerjoin(stamped, stamped.c.user_id == players.c.user_id)
            .outerjoin(paid, paid.c.user_id == players.c.user_id)
        )
        .order_by(players.c.user_id)
    )


_KNOWN = union(*(_next_in(table) for table in (progress, xp_log, stamp_log, reward_log))).subquery()
_NEXT_PLAYERS = _all_about(select(_KNOWN.c.user_id).order_by(_KNOWN.c.user_id).limit(bindparam("limit")).cte("players"))
_THESE_PLAYERS = _all_about(select(func.unnest(_THESE).label("user_id")).cte("players"))

_MAKE = insert_rows(progress, _COLUMNS).on_conflict_do_nothing().returning(progress.c.user_id)

# By user id, as all writers lock it.
_LOCK = (
    select(progress.c.user_id)
    .where(progress.c.season_id == _SEASON, progress.c.user_id == any_(_THESE))
    .order_by(progress.c.user_id)
    .with_for_update()
)

_SHOULD = unnested(progress, _COLUMNS).subquery()
_RESTATE = (
    update(progress)
    .where(progress.c.user_id == _SHOULD.c.user_id, progress.c.season_id == _SHOULD.c.season_id)
    .values(
        {
            name: _SHOULD.c[name]
            for name in ("current_xp", "current_level", "total_stamps", "last_stamp_date", "updated_at")
        }
    )
)

_REMOVE = delete(progress).where(progress.c.season_id == _SEASON, progress.c.user_id == any_(_THESE))
