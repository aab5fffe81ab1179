"""The season pass's part of the look-up of a player, for operators. The gateway puts the services' parts together."""

from typing import Annotated

from fastapi import APIRouter, Path

from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Database, Operator, problems
from fairground_common.web.paging import LARGEST_BIGINT
from fairground_seasonpass.lookup import usecases
from fairground_seasonpass.lookup.schemas import PlayerViewOut

router = APIRouter(prefix="/api/admin/seasonpass/players", tags=["seasonpass-admin"])


@router.get("/{user_id}", responses=problems(NotAuthenticated, RoleMissing, ValidationFailed))
async def look_up_player(
    user_id: Annotated[int, Path(ge=1, le=LARGEST_BIGINT)], _operator: Operator, db: Database
) -> PlayerViewOut:
    """A player's seasons, stamps, XP and level rewards.

    The season pass does not know who is registered: somebody who never played has an empty answer, not a 404.
    """
    async with db.read() as tx:
        return PlayerViewOut.of(await usecases.look_up_player(tx, user_id))
