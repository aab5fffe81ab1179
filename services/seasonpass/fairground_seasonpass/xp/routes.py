"""The XP ledger over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from fairground_common.errors import ValidationFailed
from fairground_common.web import CurrentPlayer, Database, problems
from fairground_seasonpass.seasons.schemas import SeasonId
from fairground_seasonpass.xp import usecases
from fairground_seasonpass.xp.schemas import HistoryOut

router = APIRouter(prefix="/api/season-pass", tags=["season-pass"])


@router.get("/xp-history", responses=problems(ValidationFailed))
async def xp_history(
    player: CurrentPlayer,
    db: Database,
    season_id: Annotated[SeasonId | None, Query()] = None,
    cursor: Annotated[UUID | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> HistoryOut:
    """Where the player's XP came from, newest first; all seasons unless one is named."""
    async with db.read() as tx:
        lines, following = await usecases.list_lines(
            tx, user_id=player.user_id, season_id=season_id, before=cursor, limit=limit
        )
    return HistoryOut.of(lines, following)
