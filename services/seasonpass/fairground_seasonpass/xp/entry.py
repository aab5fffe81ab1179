"""A line of the XP ledger, and what lines add up to."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from fairground_seasonpass.rewards.grant import Grant
from fairground_seasonpass.seasons.season import Season

Source = Literal["PLAY", "CHECK_IN", "LATE_PLAY"]
"""A play's event, a player's daily check-in, or a play whose season was published after it arrived."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what one event added, once and for ever."""

    event_id: UUID
    user_id: int
    season: Season | None
    """None: no season covers the day; the line then keeps the event and adds nothing."""
    day: datetime.date
    source: Source
    xp: int
    stamp: bool
    """Whether the event brought the day's stamp; its XP is part of ``xp``."""
    payload: str
    """JSON text of what happened."""


@dataclass(frozen=True, slots=True)
class Total:
    """A player's progress in a season."""

    user_id: int
    season_id: int
    current_xp: int
    current_level: int
    total_stamps: int
    last_stamp_date: datetime.date | None


@dataclass(frozen=True, slots=True)
class Added:
    """What new lines of one player and season came to."""

    total: Total
    """Progress afterwards."""
    xp: int
    stamps: int


@dataclass(frozen=True, slots=True)
class Gain:
    """What lines of one player and season have changed."""

    season: Season
    level_before: int
    total: Total
    """Progress afterwards."""
    stamps: int
    """How many of the lines brought their day's stamp."""
    grants: tuple[Grant, ...]
    """Rewards given on the way: of the automatic levels among those newly reached."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as its player reads it."""

    event_id: UUID
    season_id: int
    day: datetime.date
    source: Source
    xp: int
    stamp: bool
    payload: Mapping[str, Any]
    created_at: datetime.datetime
