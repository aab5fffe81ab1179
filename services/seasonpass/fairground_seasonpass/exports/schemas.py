"""The columns of an export."""

from collections.abc import Sequence

from fairground_seasonpass.exports.usecases import PlayerRow
from fairground_seasonpass.seasons.season import Season

COLUMNS = (
    "season_id",
    "season_name",
    "user_id",
    "current_level",
    "current_xp",
    "total_stamps",
    "last_stamp_date",
    "given_levels",
    "pending_levels",
)
"""Levels are listed with spaces between them: those given, and those of them not booked by games yet."""


def cells_of(season: Season, row: PlayerRow) -> tuple[object, ...]:
    """Return one line, in the order of ``COLUMNS``."""
    total, tally = row.total, row.tally
    return (
        season.id,
        season.season_name,
        total.user_id,
        total.current_level,
        total.current_xp,
        total.total_stamps,
        total.last_stamp_date,
        _listed(tally.given),
        _listed(tally.pending),
    )


def _listed(levels: Sequence[int]) -> str:
    return " ".join(map(str, levels))
