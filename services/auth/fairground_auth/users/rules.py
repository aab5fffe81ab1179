"""What a user is, and what may be called a username, a nickname, a password."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
LONGEST_NICKNAME = 64
LARGEST_ID = 2**63 - 1

_USERNAME = re.compile(r"[a-z0-9._-]{3,32}\Z")
_JOINERS = {"\u200c", "\u200d"}
"""Format characters that write names and emoji; the others can make a name read as another one."""
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Role(StrEnum):
    """What a user may do; everybody may play."""

    PLAYER = "player"
    OPERATOR = "operator"
    ADMIN = "admin"


class Status(StrEnum):
    """Whether a user may log in."""

    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    ERASED = "ERASED"
    """Nobody any more: only the number is left, for what it has played."""


@dataclass(frozen=True, slots=True)
class User:
    """A user as other slices see one: without a password."""

    id: int
    username: str
    nickname: str
    roles: tuple[Role, ...]
    status: Status
    created_at: datetime
    last_login_at: datetime | None
    last_login_ip: str | None

    @property
    def is_blocked(self) -> bool:
        return self.status is Status.BLOCKED

    @property
    def is_erased(self) -> bool:
        return self.status is Status.ERASED

    @property
    def may_come_in(self) -> bool:
        return self.status is Status.ACTIVE

    @property
    def is_acting_admin(self) -> bool:
        return Role.ADMIN in self.roles and self.may_come_in


@dataclass(frozen=True, slots=True)
class Login:
    """What a login is checked against."""

    user_id: int
    password_hash: str
    last_login_ip: str | None


def fold(text: str) -> str:
    """Return what a username is compared by: compatibility forms and case make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def username_of(text: str) -> str:
    """Return the username a text stands for. Raises ValueError."""
    username = fold(text)
    if not _USERNAME.match(username):
        raise ValueError("3 to 32 of a-z, 0-9, dot, underscore and hyphen")
    return username


def nickname_of(text: str) -> str:
    """Return a nickname in normal form. Raises ValueError."""
    nickname = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(nickname) <= LONGEST_NICKNAME:
        raise ValueError(f"1 to {LONGEST_NICKNAME} characters")
    if any(unicodedata.category(char) in _HIDDEN and char not in _JOINERS for char in nickname):
        raise ValueError("no control or hidden characters")
    return nickname


def password_of(text: str) -> str:
    """Return the password unchanged. Raises ValueError when it is too short or too long."""
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise ValueError(f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return text


def name_of_erased(user_id: int) -> str:
    """Return what an erased user is called: nobody can register that name, or log in with it."""
    return f"erased:{user_id}"


def roles_of(granted: Iterable[Role]) -> tuple[Role, ...]:
    """Return the full set of roles, in a fixed order: everybody is a player."""
    return tuple(sorted({*granted, Role.PLAYER}))
