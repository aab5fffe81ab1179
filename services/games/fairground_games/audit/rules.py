"""Acts: who changed what, and which of them are asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Act:
    """A change an operator has made."""

    id: int
    created_at: datetime
    user_id: int
    action: str
    subject: str
    before: Any
    after: Any
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts are asked for; what is None does not matter."""

    action: str | None = None
    subject: str | None = None
    """How the subject begins."""
    by: int | None = None
    start: datetime | None = None
    """The first moment, inclusive."""
    end: datetime | None = None
    """The moment after the last."""
