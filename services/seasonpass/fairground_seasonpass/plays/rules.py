"""What a play is worth in a season. Pure."""

import datetime
from dataclasses import dataclass
from uuid import UUID

from fairground_seasonpass.seasons.season import Season, XpRule


@dataclass(frozen=True, slots=True)
class Play:
    """What the season pass needs to know of a settled play."""

    event_id: UUID
    user_id: int
    day: datetime.date
    """The KST day it counts for, as games decided it."""
    occurred_at: datetime.datetime
    feature_type: str
    outcome: str
    reward_xp: int
    """Amount of an XP-type reward, 0 for any other."""
    payload: str
    """The event's data, JSON text."""


def xp_beside_the_stamp(play: Play, season: Season) -> int:
    """Return the XP a play adds every time: its reward, if that is XP, and every rule that matches."""
    return play.reward_xp + sum(rule.xp for rule in season.xp_rules if _matches(rule, play))


def _matches(rule: XpRule, play: Play) -> bool:
    return rule.feature_type == play.feature_type and rule.outcome in {None, play.outcome}
