"""What a player's season pass shows: the season, their progress, and today."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from fairground_seasonpass.rewards.grant import Given
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.xp.entry import Total


@dataclass(frozen=True, slots=True)
class View:
    """Everything a status tells, read at one moment."""

    today: datetime.date
    season: Season
    total: Total
    """Zero for a player without progress."""
    given: Mapping[int, Given]
    """Rewards given, by level."""
    stamped_today: bool
