"""Levels from XP. Pure."""

from bisect import bisect_right

from fairground_seasonpass.seasons.season import Level, Season
from fairground_seasonpass.xp.entry import Added


def level_at(season: Season, xp: int) -> int:
    """Return the highest level whose required XP is reached, 0 below the first."""
    return bisect_right(season.levels, xp, key=_required_xp)


def level_before(season: Season, added: Added) -> int:
    """Return the level from which lines raised their player: 0 before the first gain, which is a stamp's."""
    is_first = added.total.total_stamps == added.stamps
    return 0 if is_first else level_at(season, added.total.current_xp - added.xp)


def newly_reached(season: Season, before: int, after: int) -> tuple[Level, ...]:
    """Return the levels crossed by a gain, lowest first. ``before`` is 0 for a player without progress."""
    return season.levels[before:after]


def next_level_xp(season: Season, level: int) -> int | None:
    """Return the XP the next level needs, None at the top."""
    return season.levels[level].required_xp if level < len(season.levels) else None


def _required_xp(level: Level) -> int:
    return level.required_xp
