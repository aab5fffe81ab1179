"""Auth's part of the look-up of a player, for operators. The gateway puts the services' parts together."""

from typing import Annotated

from fastapi import APIRouter, Path

from fairground_auth.lookup import usecases
from fairground_auth.lookup.schemas import PlayerViewOut
from fairground_auth.users.errors import UserNotFound
from fairground_auth.users.rules import LARGEST_ID
from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Database, Operator, problems

router = APIRouter(prefix="/api/admin/auth/players", tags=["auth-admin"])


@router.get("/{user_id}", responses=problems(NotAuthenticated, RoleMissing, ValidationFailed, UserNotFound))
async def look_up_player(
    user_id: Annotated[int, Path(ge=1, le=LARGEST_ID)], _operator: Operator, db: Database
) -> PlayerViewOut:
    """Who a player is, and their last logins and sessions."""
    async with db.read() as tx:
        return PlayerViewOut.of(await usecases.look_up_player(tx, user_id))
