"""A player as operators see one."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairground_seasonpass.rewards.grant import Delivery, Tally
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.stamps.stamp import Stamp
from fairground_seasonpass.xp.entry import Line, Total


@dataclass(frozen=True, slots=True)
class Standing:
    """A player in one season."""

    season: Season
    total: Total | None
    """None for somebody who has only claimed a free level."""
    tally: Tally


@dataclass(frozen=True, slots=True)
class PlayerView:
    """All that the season pass knows of a player; lists are newest first."""

    user_id: int
    standings: Sequence[Standing]
    last_rewards: Sequence[Delivery]
    last_stamps: Sequence[Stamp]
    last_xp: Sequence[Line]
