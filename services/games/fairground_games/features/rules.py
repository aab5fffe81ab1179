"""What today's feature is, which days can be scheduled, and how far a statement of the schedule looks."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from fairground_common.errors import FieldError, ValidationFailed
from fairground_common.features.errors import NoFeatureToday
from fairground_common.features.gate import Day, require_open
from fairground_games.features.errors import InvalidFeatureSchedule

STATED_BACK = datetime.timedelta(days=1)
STATED_AHEAD = datetime.timedelta(days=60)
"""Listeners keep working this long without hearing from us."""

FARTHEST = datetime.timedelta(days=3653)
"""Ten years: a mistyped year is refused, a plan never is."""

LONGEST_LIST = datetime.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Feature:
    """Something a day may belong to: a game, the ranking, the season pass."""

    type: str
    title: str
    page_path: str
    is_enabled: bool
    """False is the kill switch."""


@dataclass(frozen=True, slots=True)
class ScheduledDay:
    """The feature a KST day belongs to."""

    date: datetime.date
    feature_type: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of today's schedule and what stands behind it."""

    feature: Feature
    is_active: bool
    is_set_up: bool
    """False for a game without an active configuration."""


def todays_feature(candidates: Sequence[Candidate]) -> Feature:
    """Return the feature today belongs to. Raises NoFeatureToday with its reason, or InvalidFeatureSchedule."""
    if not candidates:
        raise NoFeatureToday(reason="not_scheduled")
    if len(candidates) > 1:
        raise InvalidFeatureSchedule("Today has more than one feature.")
    today = candidates[0]
    feature = today.feature
    require_open(feature.type, Day(feature.is_enabled, feature.type, today.is_active), test_mode=False)
    if not today.is_set_up:
        raise InvalidFeatureSchedule
    return feature


def require_within_reach(date: datetime.date, today: datetime.date) -> None:
    """Refuse to schedule a day that can only be a slip of the pen."""
    if abs(date - today) > FARTHEST:
        raise ValidationFailed(errors=[FieldError(("path", "date"), "more than ten years away from today")])


def listed_days(
    first: datetime.date | None, last: datetime.date | None, today: datetime.date
) -> tuple[datetime.date, datetime.date]:
    """Return the days of a list, both inclusive: by default from yesterday, a year at most."""
    first = first or min(today - STATED_BACK, last or today)
    last = last or first + min(LONGEST_LIST, datetime.date.max - first)
    if last < first:
        raise ValidationFailed(errors=[FieldError(("query", "to"), "earlier than `from`")])
    if last - first > LONGEST_LIST:
        raise ValidationFailed(errors=[FieldError(("query", "to"), "more than 366 days after `from`")])
    return first, last
