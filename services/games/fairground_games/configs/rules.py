"""Versions as operators see them, and which of them may become active."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["DRAFT", "ACTIVE", "RETIRED"]

HIGHEST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Config:
    """A stored version without its outcomes, which stand in ``canonical``."""

    game: str
    version: int
    name: str
    max_daily: int
    state: State
    canonical: str
    sha256: str
    created_by: int
    created_at: datetime
    activated_at: datetime | None
    """When it last became active."""
    retired_at: datetime | None
    """When another version took its place; None while it is active again."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A stretch of time in which a version was in force."""

    id: int
    version: int
    sha256: str
    start: datetime
    end: datetime | None
    """None for the one in force."""
