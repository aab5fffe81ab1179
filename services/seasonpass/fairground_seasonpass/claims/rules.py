"""Which levels a player may claim. Pure."""

from fairground_seasonpass.claims.errors import AutoClaimLevel, LevelNotFound, LevelNotReached
from fairground_seasonpass.seasons.season import Level, Season


def claimable_level(season: Season, number: int, current_level: int) -> Level:
    """Return the level a player may claim, or raise: unknown, not reached, paid by itself; in this order."""
    level = season.find_level(number)
    if level is None:
        raise LevelNotFound
    if number > current_level:
        raise LevelNotReached
    if level.auto_claim:
        raise AutoClaimLevel
    return level


def open_levels(season: Season, current_level: int) -> tuple[Level, ...]:
    """Return the reached levels that wait for a claim or were claimed, lowest first."""
    return tuple(level for level in season.levels if level.level <= current_level and not level.auto_claim)
