"""The season pass over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from fairground_common.errors import ValidationFailed
from fairground_common.web import CurrentPlayer, Database, problems
from fairground_seasonpass.seasons.errors import NoActiveSeason, NoActiveSeasonConflict, SeasonNotFound
from fairground_seasonpass.seasons.schemas import SeasonId
from fairground_seasonpass.status import usecases
from fairground_seasonpass.status.schemas import StatusOut

router = APIRouter(prefix="/api/season-pass", tags=["season-pass"])


@router.get("/status", responses=problems(NoActiveSeason, NoActiveSeasonConflict, SeasonNotFound, ValidationFailed))
async def status(
    player: CurrentPlayer, db: Database, season_id: Annotated[SeasonId | None, Query()] = None
) -> StatusOut:
    """The player's season pass: the running season, else the latest one still open for claims, else `season_id`."""
    async with db.read() as tx:
        view = await usecases.read_status(tx, user_id=player.user_id, season_id=season_id)
    return StatusOut.of(view)
