"""The games' part of the look-up of a player, for operators. The gateway puts the services' parts together."""

from typing import Annotated

from fastapi import APIRouter, Path

from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Database, Operator, problems
from fairground_games.fairness.routes import HeldSeeds
from fairground_games.fairness.seeds import SeedKeyUnknown
from fairground_games.lookup import usecases
from fairground_games.lookup.schemas import PlayerViewOut

router = APIRouter(prefix="/api/admin/games/players", tags=["games-admin"])


@router.get("/{user_id}", responses=problems(NotAuthenticated, RoleMissing, ValidationFailed, SeedKeyUnknown))
async def look_up_player(
    user_id: Annotated[int, Path(ge=1, le=2**63 - 1)], _operator: Operator, db: Database, seeds: HeldSeeds
) -> PlayerViewOut:
    """What a player has played and won, what they are owed, and what they were promised.

    Games does not know who is registered: somebody who never played has an empty answer, not a 404.
    """
    async with db.read() as tx:
        return PlayerViewOut.of(await usecases.look_up_player(tx, seeds, user_id))
