"""User administration on the wire: operators look, admins change."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from fairground_auth.administration import usecases
from fairground_auth.administration.errors import LastAdmin
from fairground_auth.administration.schemas import Position, Reason, Roles, UserPage, UserView
from fairground_auth.dependencies import AuthParts
from fairground_auth.users import usecases as users
from fairground_auth.users.errors import UserErased, UserNotFound
from fairground_auth.users.rules import LARGEST_ID
from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Admin, Database, Operator, problems
from fairground_common.web.paging import DEFAULT_LIMIT, PageCursor, PageLimit, decode_cursor, page

router = APIRouter(
    prefix="/api/admin/auth",
    tags=["auth-admin"],
    responses=problems(NotAuthenticated, RoleMissing, ValidationFailed),
)

UserId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("/users", response_model=UserPage)
async def list_users(
    _operator: Operator,
    db: Database,
    query: Annotated[str, Query(max_length=64, description="Start of a username, or a user id.")] = "",
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_LIMIT,
) -> dict[str, Any]:
    """List users, newest first."""
    (before,) = decode_cursor(cursor, Position)
    async with db.read() as tx:
        found = await users.search_users(tx, query=query, before=before, limit=limit + 1)
    return page(found, limit, item=UserView.of, position=lambda user: (user.id,))


@router.get("/users/{user_id}", responses=problems(UserNotFound))
async def get_user(user_id: UserId, _operator: Operator, db: Database) -> UserView:
    """Return one user."""
    async with db.read() as tx:
        return UserView.of(await users.get_user(tx, user_id))


@router.post("/users/{user_id}/block", responses=problems(UserNotFound, UserErased, LastAdmin))
async def block_user(user_id: UserId, admin: Admin, parts: AuthParts, body: Reason | None = None) -> UserView:
    """Keep a user out: refreshing ends at once, access within 10 minutes."""
    reason = body.reason if body else None
    async with parts.db.begin() as tx:
        blocked = await usecases.block_user(tx, by=admin.user_id, user_id=user_id, reason=reason, now=parts.clock.now())
    return UserView.of(blocked)


@router.post("/users/{user_id}/unblock", responses=problems(UserNotFound, UserErased))
async def unblock_user(user_id: UserId, admin: Admin, db: Database, body: Reason | None = None) -> UserView:
    """Let a user log in again."""
    reason = body.reason if body else None
    async with db.begin() as tx:
        unblocked = await usecases.unblock_user(tx, by=admin.user_id, user_id=user_id, reason=reason)
    return UserView.of(unblocked)


@router.put("/users/{user_id}/roles", responses=problems(UserNotFound, UserErased, LastAdmin))
async def set_roles(user_id: UserId, body: Roles, admin: Admin, db: Database) -> UserView:
    """Replace a user's roles; they hold from the user's next login or refresh on."""
    async with db.begin() as tx:
        changed = await usecases.set_roles(tx, by=admin.user_id, user_id=user_id, roles=body.roles)
    return UserView.of(changed)
