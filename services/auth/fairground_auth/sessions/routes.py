"""Login, refresh and logout on the wire. An Idempotency-Key is ignored here: answers carry secrets."""

from fastapi import APIRouter, Response, status

from fairground_auth.dependencies import AuthParts
from fairground_auth.sessions import usecases
from fairground_auth.sessions.errors import InvalidCredentials, InvalidRefreshToken, UserBlocked
from fairground_auth.sessions.schemas import Credentials, HeldToken, TokenPair
from fairground_auth.sessions.usecases import Tokens
from fairground_auth.settings import AuthSettings
from fairground_auth.throttle.errors import TooManyAttempts
from fairground_common.errors import AuthKeysUnavailable, ServiceUnavailable, ValidationFailed
from fairground_common.web import ClientIp, problems

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post(
    "/login",
    responses=problems(
        InvalidCredentials, UserBlocked, ValidationFailed, TooManyAttempts, ServiceUnavailable, AuthKeysUnavailable
    ),
)
async def login(body: Credentials, parts: AuthParts, ip: ClientIp, response: Response) -> TokenPair:
    """Exchange a password for tokens."""
    tokens = await usecases.log_in(parts, username=body.username, password=body.password, ip=ip)
    return _pair(tokens, parts.settings, response)


@router.post(
    "/refresh",
    responses=problems(InvalidRefreshToken, ValidationFailed, ServiceUnavailable, AuthKeysUnavailable),
)
async def refresh(body: HeldToken, parts: AuthParts, response: Response) -> TokenPair:
    """Exchange a refresh token for the next pair. Each token is good once; a lost answer may be asked for again."""
    tokens = await usecases.refresh(parts, refresh_token=body.refresh_token)
    return _pair(tokens, parts.settings, response)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT, responses=problems(ValidationFailed))
async def logout(body: HeldToken, parts: AuthParts) -> None:
    """End the session. An unknown or ended one is answered alike."""
    await usecases.log_out(parts, refresh_token=body.refresh_token)


def _pair(tokens: Tokens, settings: AuthSettings, response: Response) -> TokenPair:
    response.headers["Cache-Control"] = "no-store"
    return TokenPair(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_in=settings.access_token_seconds,
    )
