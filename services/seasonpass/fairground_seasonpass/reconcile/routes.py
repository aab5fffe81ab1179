"""What reconciling asks of the season pass, for operators. `fairground reconcile` compares it with the games'.

Whether progress is the sum of the XP ledger is the rebuild's question.
"""

from fastapi import APIRouter

from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.tallies import require_slice, tallied_days
from fairground_common.web import Database, Operator, problems
from fairground_common.web.tallies import DaySlice, FirstDay, LastDay
from fairground_seasonpass.reconcile import usecases
from fairground_seasonpass.reconcile.schemas import SeasonPassBooksOut

router = APIRouter(
    prefix="/api/admin/seasonpass/reconcile",
    tags=["seasonpass-admin"],
    responses=problems(NotAuthenticated, RoleMissing, ValidationFailed),
)


@router.get("")
async def tally_season_pass(
    _operator: Operator,
    db: Database,
    part: DaySlice,
    first: FirstDay = None,
    last: LastDay = None,
) -> SeasonPassBooksOut:
    """How many plays were counted and rewards delivered of each KST day, and which; and what is on its way."""
    async with db.read() as tx:
        begin, end = tallied_days(first, last, tx.today)
        require_slice(part, begin, end)
        days = await usecases.tally_days(tx, first=begin, last=end, part=part)
        return SeasonPassBooksOut.of(days, await usecases.count_undelivered(tx))
