"""Which season counts when, and what a draft must keep before players see it. Pure."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Literal

from fairground_common.errors import FieldError
from fairground_seasonpass.seasons.errors import NoActiveSeason, NoActiveSeasonConflict
from fairground_seasonpass.seasons.season import Level, Season

Phase = Literal["UPCOMING", "ACTIVE", "CLAIMING", "ENDED"]


def phase_of(season: Season, today: datetime.date) -> Phase:
    """Return what players can do in a published or retired season: play (ACTIVE), only claim (CLAIMING), or neither."""
    if today > season.claimable_until:
        return "ENDED"
    if season.state == "RETIRED":
        return "CLAIMING" if today >= season.start_date else "ENDED"
    if today < season.start_date:
        return "UPCOMING"
    return "ACTIVE" if today <= season.end_date else "CLAIMING"


def active_season(seasons: Iterable[Season], today: datetime.date) -> Season:
    """Return the season that is running. Raises NoActiveSeason; NoActiveSeasonConflict should two be running."""
    active = [season for season in seasons if phase_of(season, today) == "ACTIVE"]
    if len(active) > 1:
        raise NoActiveSeasonConflict("More than one season is running today.")
    if not active:
        raise NoActiveSeason("No season is running today.")
    return active[0]


def shown_season(seasons: Sequence[Season], today: datetime.date) -> Season:
    """Return the running season, else the latest one still open for claims."""
    if any(phase_of(season, today) == "ACTIVE" for season in seasons):
        return active_season(seasons, today)
    claiming = [season for season in seasons if phase_of(season, today) == "CLAIMING"]
    if not claiming:
        raise NoActiveSeason
    return max(claiming, key=lambda season: (season.end_date, season.id))


def season_of(seasons: Iterable[Season], day: datetime.date, occurred_at: datetime.datetime) -> Season | None:
    """Return the season an event counts for: found by the event's day, whenever it is consumed.

    A season that was retired later than the event happened still gets it; after its retirement it gets no more.
    """
    covering = [season for season in seasons if season.covers(day)]
    running_then = [season for season in covering if season.retired_at is not None and occurred_at < season.retired_at]
    if running_then:
        return min(running_then, key=lambda season: (season.retired_at, season.id))
    return next((season for season in covering if season.state == "PUBLISHED"), None)


def faults_of(season: Season, today: datetime.date) -> list[FieldError]:
    """Return why a draft cannot be published; empty when it can. ``loc`` as in the season's JSON."""
    faults = _faults_of_levels(season.levels)
    if len(season.levels) != season.max_level:
        faults.append(FieldError(("max_level",), f"is not the number of levels, {len(season.levels)}"))
    if season.end_date < today:
        faults.append(FieldError(("end_date",), "lies in the past: the season has already ended"))
    return faults


def _faults_of_levels(levels: Sequence[Level]) -> list[FieldError]:
    faults = []
    for index, level in enumerate(levels):
        if level.level != index + 1:
            faults.append(
                FieldError(("levels", index, "level"), f"levels are 1, 2, 3, … without gaps; missing {index + 1}")
            )
            break
    return faults + [
        FieldError(("levels", index, "required_xp"), "is not above the level before")
        for index in range(1, len(levels))
        if levels[index].required_xp <= levels[index - 1].required_xp
    ]
