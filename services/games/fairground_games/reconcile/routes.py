"""What reconciling asks of the games, for operators. `fairground reconcile` compares it with the season pass's."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.tallies import require_slice, tallied_days
from fairground_common.web import Database, Operator, problems
from fairground_common.web.paging import LARGEST_BIGINT, PageCursor, decode_cursor
from fairground_common.web.tallies import DaySlice, FirstDay, LastDay
from fairground_games.reconcile import usecases
from fairground_games.reconcile.schemas import AccountsOut, GamesBooksOut

router = APIRouter(
    prefix="/api/admin/games/reconcile",
    tags=["games-admin"],
    responses=problems(NotAuthenticated, RoleMissing, ValidationFailed),
)

DEFAULT_PLAYERS, MOST_PLAYERS = 500, 5000

_UserId = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_BIGINT)]
PlayersAtOnce = Annotated[int, Query(alias="limit", ge=1, le=MOST_PLAYERS, description="Players of one answer.")]


@router.get("")
async def tally_games(
    _operator: Operator,
    db: Database,
    part: DaySlice,
    first: FirstDay = None,
    last: LastDay = None,
) -> GamesBooksOut:
    """How many plays, unsent events and credits of each KST day there are and which; and every limited prize."""
    async with db.read() as tx:
        begin, end = tallied_days(first, last, tx.today)
        require_slice(part, begin, end)
        days = await usecases.tally_days(tx, first=begin, last=end, part=part)
        return GamesBooksOut.of(days, await usecases.list_stock(tx))


@router.get("/balances")
async def audit_balances(
    _operator: Operator, db: Database, limit: PlayersAtOnce = DEFAULT_PLAYERS, cursor: PageCursor = None
) -> AccountsOut:
    """Compare every balance with its ledger, by user id: no items means that all is right."""
    (after,) = decode_cursor(cursor, _UserId)
    async with db.read() as tx:
        audited = await usecases.audit_accounts(tx, after=after or 0, limit=limit)
    return AccountsOut.of(audited, limit=limit)
