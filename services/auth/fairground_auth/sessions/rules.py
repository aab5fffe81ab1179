"""Refresh tokens: how one follows from the other, and what a token that comes in is worth.

The successor is derived, not drawn: refreshes that run in parallel agree on it without asking one another, and an
answer that got lost can be given again although only hashes are stored.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

TOKEN_BYTES = 32
LOGIN = "AUTH_LOGIN"
"""What a login is called in the player's event log."""


class End(StrEnum):
    """Why a session ended before its time."""

    LOGOUT = "LOGOUT"
    REPLAY = "REPLAY"
    BLOCKED = "BLOCKED"


class Worth(StrEnum):
    """What a refresh token that came in is worth."""

    ROTATE = "ROTATE"
    """Its first use: hand out the successor."""
    REPEAT = "REPEAT"
    """Used a moment ago and nobody has the successor in use yet: hand out the same successor."""
    NOTHING = "NOTHING"
    """Its session has ended, or nobody refreshed it for too long."""
    ALARM = "ALARM"
    """Two parties hold it, one of them a thief: end the session."""


@dataclass(frozen=True, slots=True)
class Family:
    """A session: all refresh tokens that go back to one login."""

    id: UUID
    user_id: int
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session as it is kept: until a day after it would have expired."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_because: End | None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One token of a session, by its hash."""

    token_hash: bytes
    expires_at: datetime
    used_at: datetime | None


def new_token() -> str:
    """Return the first token of a session: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def successor_of(token: str, key: str) -> str:
    """Return the token that follows: HMAC-SHA256 under AUTH_REFRESH_KEY, base64url without padding."""
    digest = hmac.digest(key.encode(), token.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_of(token: str) -> bytes:
    """Return what is stored of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def worth_of(
    token: RefreshToken, successor: RefreshToken | None, family: Family, *, now: datetime, grace: timedelta
) -> Worth:
    """Return what a token is worth now, seen under its family's lock."""
    if family.revoked_at is not None or family.expires_at <= now or token.expires_at <= now:
        return Worth.NOTHING
    if token.used_at is None:
        return Worth.ROTATE
    is_forgiven = now - token.used_at <= grace and successor is not None and successor.used_at is None
    return Worth.REPEAT if is_forgiven else Worth.ALARM
