"""Data care of the ranking over HTTP, for admins."""

from collections.abc import Mapping

from fastapi import APIRouter

from fairground_common.db import Tx
from fairground_common.errors import LockNotAcquired, NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Admin, Database, NoBody, problems
from fairground_common.web.erasure import DryRun, ErasedOut, erase
from fairground_common.web.records import UserId
from fairground_ranking.personal import usecases

router = APIRouter(prefix="/api/admin/ranking/players", tags=["ranking-admin"])


@router.post(
    "/{user_id}/erase",
    responses=problems(NotAuthenticated, RoleMissing, ValidationFailed, LockNotAcquired),
)
async def erase_player(
    user_id: UserId, admin: Admin, db: Database, _nothing: NoBody, *, dry_run: DryRun = False
) -> ErasedOut:
    """Take a player's name out of every version of every ranking. Cannot be undone.

    Ranks and scores stay. An upload that names the player later is refused with the row.
    """

    async def command(tx: Tx) -> Mapping[str, int]:
        return await usecases.erase_player(tx, by=admin.user_id, user_id=user_id)

    return await erase(db, command, user_id=user_id, dry_run=dry_run)
