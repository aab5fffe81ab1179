"""Registering, and looking at oneself."""

from fastapi import APIRouter, status

from fairground_auth.dependencies import AuthParts
from fairground_auth.throttle.errors import TooManyAttempts
from fairground_auth.users import usecases
from fairground_auth.users.errors import UsernameTaken, UserNotFound
from fairground_auth.users.schemas import Me, Registered, Registration
from fairground_common.errors import NotAuthenticated, ServiceUnavailable, ValidationFailed
from fairground_common.web import ClientIp, CurrentPlayer, Database, problems

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    responses=problems(UsernameTaken, ValidationFailed, TooManyAttempts, ServiceUnavailable),
)
async def register(body: Registration, parts: AuthParts, ip: ClientIp) -> Registered:
    """Make a new player."""
    user = await usecases.register(
        parts,
        username=body.username,
        password=body.password,
        nickname=body.nickname or body.username,
        ip=ip,
    )
    return Registered.of(user)


@router.get("/me", responses=problems(NotAuthenticated))
async def me(player: CurrentPlayer, db: Database) -> Me:
    """Return the caller."""
    try:
        async with db.read() as tx:
            return Me.of(await usecases.get_user(tx, player.user_id))
    except UserNotFound:
        raise NotAuthenticated("The access token names a user who does not exist.") from None
