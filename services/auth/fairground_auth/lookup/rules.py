"""A player as operators see one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fairground_auth.sessions.rules import PastSession
from fairground_auth.users.rules import User


@dataclass(frozen=True, slots=True)
class PastLogin:
    """A password that was right."""

    created_at: datetime
    ip: str | None
    """None for somebody who was erased."""
    request_id: str | None


@dataclass(frozen=True, slots=True)
class PlayerView:
    """All that auth knows of a player; lists are newest first."""

    user: User
    last_logins: Sequence[PastLogin]
    last_sessions: Sequence[PastSession]
