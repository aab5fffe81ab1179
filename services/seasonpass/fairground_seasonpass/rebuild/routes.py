"""Comparing progress with the logs over HTTP, for operators; mending it is an admin's."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from fairground_common.db import Tx
from fairground_common.errors import LockNotAcquired, NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Admin, Database, Operator, problems
from fairground_common.web.paging import LARGEST_BIGINT, PageCursor, decode_cursor
from fairground_seasonpass.rebuild import usecases
from fairground_seasonpass.rebuild.schemas import CheckedOut
from fairground_seasonpass.rebuild.usecases import Checked
from fairground_seasonpass.seasons.errors import SeasonNotFound
from fairground_seasonpass.seasons.schemas import SeasonId
from fairground_seasonpass.seasons.usecases import get_season

router = APIRouter(
    prefix="/api/admin/seasonpass/seasons/{season_id}/rebuild",
    tags=["seasonpass-admin"],
    responses=problems(NotAuthenticated, RoleMissing, SeasonNotFound, ValidationFailed),
)

DEFAULT_PLAYERS, MOST_PLAYERS = 1000, 5000

_UserId = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_BIGINT)]
PlayersAtOnce = Annotated[int, Query(alias="limit", ge=1, le=MOST_PLAYERS, description="Players of one answer.")]


@router.get("")
async def compare_progress(
    season_id: SeasonId,
    _operator: Operator,
    db: Database,
    limit: PlayersAtOnce = DEFAULT_PLAYERS,
    cursor: PageCursor = None,
) -> CheckedOut:
    """Compare stored progress with the logs, by user id: no items means that all is right. Changes nothing."""
    (after,) = decode_cursor(cursor, _UserId)
    async with db.read() as tx:
        season = await get_season(tx, season_id)
        return CheckedOut.of(season_id, await usecases.compare(tx, season, after=after or 0, limit=limit))


@router.post("", responses=problems(LockNotAcquired))
async def mend_progress(
    season_id: SeasonId, admin: Admin, db: Database, limit: PlayersAtOnce = DEFAULT_PLAYERS, cursor: PageCursor = None
) -> CheckedOut:
    """Make progress what the logs say and pay automatic levels that were not paid; the items say what was wrong.

    Safe while players play. Again changes nothing, so a repetition needs no Idempotency-Key.
    """
    (after,) = decode_cursor(cursor, _UserId)

    async def command(tx: Tx) -> Checked:
        season = await get_season(tx, season_id)
        return await usecases.mend(tx, season, after=after or 0, limit=limit, by=admin.user_id)

    return CheckedOut.of(season_id, await db.retrying(command))
