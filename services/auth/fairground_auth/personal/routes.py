"""Data care of auth over HTTP, for admins."""

from collections.abc import Mapping

from fastapi import APIRouter

from fairground_auth.administration.errors import LastAdmin
from fairground_auth.personal import usecases
from fairground_auth.users.errors import UserNotFound
from fairground_common.db import Tx
from fairground_common.errors import LockNotAcquired, NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Admin, Database, NoBody, problems
from fairground_common.web.erasure import DryRun, ErasedOut, erase
from fairground_common.web.records import UserId

router = APIRouter(prefix="/api/admin/auth/players", tags=["auth-admin"])


@router.post(
    "/{user_id}/erase",
    responses=problems(NotAuthenticated, RoleMissing, ValidationFailed, UserNotFound, LastAdmin, LockNotAcquired),
)
async def erase_player(
    user_id: UserId, admin: Admin, db: Database, _nothing: NoBody, *, dry_run: DryRun = False
) -> ErasedOut:
    """Erase who a player is: names, addresses, password, sessions. Cannot be undone.

    Refreshing ends at once, access within 10 minutes. What was played stays, under the number alone.
    """

    async def command(tx: Tx) -> Mapping[str, int]:
        return await usecases.erase_player(tx, by=admin.user_id, user_id=user_id)

    return await erase(db, command, user_id=user_id, dry_run=dry_run)
