"""A season as every slice knows it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["DRAFT", "PUBLISHED", "RETIRED"]


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a season: reached with ``required_xp``, worth ``reward`` (JSON as on the wire)."""

    level: int
    required_xp: int
    reward: Mapping[str, Any]
    auto_claim: bool
    """Paid when reached; otherwise the player claims it."""


@dataclass(frozen=True, slots=True)
class XpRule:
    """Extra XP for each play of a feature with an outcome; without one, for every play of it."""

    feature_type: str
    outcome: str | None
    xp: int


@dataclass(frozen=True, slots=True)
class Season:
    """A season. Both dates are inclusive KST days."""

    id: int
    season_name: str
    start_date: datetime.date
    end_date: datetime.date
    max_level: int
    base_xp_per_stamp: int
    claim_grace_days: int
    state: State
    published_at: datetime.datetime | None
    retired_at: datetime.datetime | None
    levels: tuple[Level, ...]
    """In order. Of a published season: 1..max_level with growing required_xp."""
    xp_rules: tuple[XpRule, ...]

    @property
    def claimable_until(self) -> datetime.date:
        """The last day of claims."""
        return self.end_date + datetime.timedelta(days=self.claim_grace_days)

    def covers(self, day: datetime.date) -> bool:
        return self.start_date <= day <= self.end_date

    def find_level(self, number: int) -> Level | None:
        return next((level for level in self.levels if level.level == number), None)
