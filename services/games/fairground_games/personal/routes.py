"""Data care of the games over HTTP, for admins."""

from collections.abc import Mapping

from fastapi import APIRouter

from fairground_common.db import Tx
from fairground_common.errors import LockNotAcquired, NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Admin, Database, NoBody, problems
from fairground_common.web.erasure import DryRun, ErasedOut, erase
from fairground_common.web.records import UserId
from fairground_games.personal import usecases

router = APIRouter(prefix="/api/admin/games/players", tags=["games-admin"])


@router.post(
    "/{user_id}/erase",
    responses=problems(NotAuthenticated, RoleMissing, ValidationFailed, LockNotAcquired),
)
async def erase_player(
    user_id: UserId, admin: Admin, db: Database, _nothing: NoBody, *, dry_run: DryRun = False
) -> ErasedOut:
    """Take away the labels of what a player was given. Cannot be undone.

    Plays, proofs and ledger stay, under the player's number; the games know no name.
    """

    async def command(tx: Tx) -> Mapping[str, int]:
        return await usecases.erase_player(tx, by=admin.user_id, user_id=user_id)

    return await erase(db, command, user_id=user_id, dry_run=dry_run)
