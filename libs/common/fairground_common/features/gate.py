"""The gate: may a feature be used on a day? Pure; the caller reads the facts in its own transaction."""

from dataclasses import dataclass
from typing import Literal

from fairground_common.features.errors import NoFeatureToday

Reason = Literal["disabled", "not_scheduled", "inactive", "other_feature"]


@dataclass(frozen=True, slots=True)
class Day:
    """What is known about one wanted feature and one KST day."""

    is_enabled: bool
    """The wanted feature's kill switch; False for a feature nobody has set up."""
    scheduled: str | None
    """The feature the day belongs to; None when no row exists."""
    is_active: bool = False
    """Whether the day's row is switched on; meaningless without one."""


def closed_because(wanted: str, day: Day, *, test_mode: bool) -> Reason | None:
    """Return why a feature is closed, None when it is open.

    The first of disabled, not_scheduled, inactive and other_feature counts. TEST_MODE opens every day for every
    feature, but never one that is switched off.
    """
    if not day.is_enabled:
        return "disabled"
    if test_mode:
        return None
    if day.scheduled is None:
        return "not_scheduled"
    if not day.is_active:
        return "inactive"
    return None if day.scheduled == wanted else "other_feature"


def require_open(wanted: str, day: Day, *, test_mode: bool) -> None:
    """Raise NoFeatureToday with its reason unless the feature is open."""
    reason = closed_because(wanted, day, test_mode=test_mode)
    if reason is not None:
        raise NoFeatureToday(reason=reason)
