"""Which season counts when, what a draft must keep before players see it, and what a copy becomes. Pure."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fairground_common.errors import FieldError, ValidationFailed
from fairground_seasonpass.seasons.errors import NoActiveSeason, NoActiveSeasonConflict
from fairground_seasonpass.seasons.season import Level, Season

Phase = Literal["UPCOMING", "ACTIVE", "CLAIMING", "ENDED"]

FIRST_DAY = datetime.date(2000, 1, 1)
LAST_DAY = datetime.date(2999, 12, 31)
"""Days a season may have: beyond them lies a typing mistake, and the end of the calendar."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a copy has of its own; whatever is None it takes from the original."""

    season_name: str | None = None
    start_date: datetime.date | None = None
    end_date: datetime.date | None = None
    """None with a ``start_date`` keeps the original's length."""
    shift_days: int | None = None
    """Moves both dates; not beside dates of its own."""


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
    faults = [*_faults_of_levels(season.levels), *_faults_of_rewards(season.levels)]
    if len(season.levels) != season.max_level:
        faults.append(FieldError(("max_level",), f"is not the number of levels, {len(season.levels)}"))
    if season.end_date < today:
        faults.append(FieldError(("end_date",), "lies in the past: the season has already ended"))
    return faults


def overlaps_of(season: Season, published: Iterable[Season]) -> list[FieldError]:
    """Return which date of a draft to move because of each published season it shares days with."""
    return [
        FieldError(
            ("start_date" if other.start_date <= season.start_date else "end_date",),
            f"shares days with season {other.id}, published from {other.start_date} to {other.end_date}",
        )
        for other in published
        if other.start_date <= season.end_date and season.start_date <= other.end_date
    ]


def copy_of(season: Season, changes: Changes) -> Season:
    """Return a draft like another season, with changes. Raises ValidationFailed for dates no season may have."""
    start_date, end_date = _dates_of_copy(season, changes)
    if end_date < start_date:
        raise ValidationFailed(errors=[FieldError(("end_date",), "lies before start_date")])
    if start_date < FIRST_DAY or end_date > LAST_DAY:
        moved = "start_date" if changes.shift_days is None else "shift_days"
        raise ValidationFailed(errors=[FieldError((moved,), f"a season lies within {FIRST_DAY} and {LAST_DAY}")])
    return replace(
        season,
        id=0,
        season_name=changes.season_name or season.season_name,
        start_date=start_date,
        end_date=end_date,
        state="DRAFT",
        published_at=None,
        retired_at=None,
    )


def _dates_of_copy(season: Season, changes: Changes) -> tuple[datetime.date, datetime.date]:
    shift = datetime.timedelta(days=changes.shift_days or 0)
    start_date = changes.start_date or season.start_date + shift
    end_date = changes.end_date or start_date + (season.end_date - season.start_date)
    return start_date, end_date


def _faults_of_rewards(levels: Sequence[Level]) -> list[FieldError]:
    """Refuse what no operator can post: a draft that was changed by hand must not reach players."""
    faults = []
    for index, level in enumerate(levels):
        kind = level.reward.get("type")
        if kind is None:
            faults.append(FieldError(("levels", index, "reward"), "a level has a reward, be it of type NONE"))
        elif kind == "XP":
            faults.append(FieldError(("levels", index, "reward"), "XP cannot be the reward of a level"))
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
