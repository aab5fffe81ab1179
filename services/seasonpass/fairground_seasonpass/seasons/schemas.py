"""Seasons on the wire."""

import datetime
import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from fairground_common.contracts import Reward, RewardIn
from fairground_common.contracts.reward import PLAIN_TEXT
from fairground_common.errors import FieldError, ValidationFailed
from fairground_common.web import times
from fairground_seasonpass.seasons.rules import FIRST_DAY, LAST_DAY, Changes
from fairground_seasonpass.seasons.season import Level, Season, State, XpRule

BIGGEST_ID = 2**63 - 1
BIGGEST_XP = 2**31 - 1
MOST_LEVELS = 1000
MOST_RULES = 200
MOST_DAYS_OF_SHIFT = 36_500
DEFAULT_GRACE_DAYS = 7

_OUTCOMES = {
    "DICE": re.compile("WIN|DRAW|LOSE"),
    "ROULETTE": re.compile("JACKPOT|HIT"),
    "LOTTERY": re.compile("[a-z0-9_-]{1,32}"),
}
"""What plays of a game report; a prize key for the lottery."""
_ANY_OUTCOME = re.compile("WIN|DRAW|LOSE|JACKPOT|HIT|[a-z0-9_-]{1,32}")
"""What a play of a game not listed may report."""


SeasonId = Annotated[int, Field(ge=-BIGGEST_ID, le=BIGGEST_ID)]
Day = Annotated[times.Day, Field(ge=FIRST_DAY, le=LAST_DAY)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN_TEXT)]
RewardOut = Annotated[
    Reward,
    PlainSerializer(Reward.as_json),
    WithJsonSchema(Reward.model_json_schema(), mode="serialization"),
]
"""A reward without its absent fields."""


class LevelIn(BaseModel):
    """One level. Rewards of levels are anything but XP: that would move the levels by which it was earned."""

    model_config = ConfigDict(extra="forbid")

    level: int = Field(ge=1, le=MOST_LEVELS, strict=True)
    required_xp: int = Field(ge=0, le=BIGGEST_XP, strict=True)
    reward: RewardIn
    auto_claim: bool = Field(strict=True)

    @field_validator("reward")
    @classmethod
    def _not_xp(cls, reward: Reward) -> Reward:
        if reward.type == "XP":
            raise ValueError("XP cannot be the reward of a level")
        return reward


class XpRuleIn(BaseModel):
    """Extra XP per play. Rules that match the same play add up."""

    model_config = ConfigDict(extra="forbid")

    feature_type: str = Field(pattern=r"^[A-Z][A-Z0-9_]{0,31}$")
    outcome: str | None = None
    """WIN, DRAW or LOSE (dice), JACKPOT or HIT (roulette), a prize key (lottery); absent: every outcome."""
    xp: int = Field(ge=0, le=BIGGEST_XP, strict=True)

    @field_validator("outcome")
    @classmethod
    def _known_outcome(cls, outcome: str | None, info: ValidationInfo) -> str | None:
        known = _OUTCOMES.get(info.data.get("feature_type", ""), _ANY_OUTCOME)
        if outcome is not None and not known.fullmatch(outcome):
            raise ValueError("no play of this feature has that outcome")
        return outcome


class SeasonIn(BaseModel):
    """A draft. It may be unfinished; its levels are checked when it is published."""

    model_config = ConfigDict(extra="forbid")

    season_name: Name
    start_date: Day
    end_date: Day
    max_level: int = Field(ge=1, le=MOST_LEVELS, strict=True)
    base_xp_per_stamp: int = Field(ge=0, le=BIGGEST_XP, strict=True)
    claim_grace_days: int = Field(DEFAULT_GRACE_DAYS, ge=0, le=3650, strict=True)
    xp_rules: list[XpRuleIn] = Field(default_factory=list, max_length=MOST_RULES)
    levels: list[LevelIn] = Field(max_length=MOST_LEVELS)

    @field_validator("end_date")
    @classmethod
    def _not_before_the_start(cls, end_date: datetime.date, info: ValidationInfo) -> datetime.date:
        start_date = info.data.get("start_date")
        if start_date is not None and end_date < start_date:
            raise ValueError("lies before start_date")
        return end_date

    def draft(self, season_id: int = 0) -> Season:
        """Return the season under an id; a new one gets its id when it is stored.

        Raises ValidationFailed when a level is listed twice.
        """
        self._refuse_doubles()
        return Season(
            id=season_id,
            season_name=self.season_name,
            start_date=self.start_date,
            end_date=self.end_date,
            max_level=self.max_level,
            base_xp_per_stamp=self.base_xp_per_stamp,
            claim_grace_days=self.claim_grace_days,
            state="DRAFT",
            published_at=None,
            retired_at=None,
            levels=tuple(
                Level(each.level, each.required_xp, each.reward.as_json(), each.auto_claim)
                for each in sorted(self.levels, key=lambda each: each.level)
            ),
            xp_rules=tuple(XpRule(each.feature_type, each.outcome, each.xp) for each in self.xp_rules),
        )

    def _refuse_doubles(self) -> None:
        seen: set[int] = set()
        doubles = []
        for index, each in enumerate(self.levels):
            if each.level in seen:
                doubles.append(FieldError(("levels", index, "level"), "this level is listed twice"))
            seen.add(each.level)
        if doubles:
            raise ValidationFailed(errors=doubles)


class CloneIn(BaseModel):
    """What the copy has of its own; whatever is absent it takes from the original."""

    model_config = ConfigDict(extra="forbid")

    season_name: Name | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    """Absent beside a `start_date`: the copy is as long as the original."""
    shift_days: int | None = Field(None, ge=-MOST_DAYS_OF_SHIFT, le=MOST_DAYS_OF_SHIFT, strict=True)
    """Moves both dates by days; not beside dates."""

    @field_validator("shift_days")
    @classmethod
    def _not_beside_dates(cls, shift_days: int | None, info: ValidationInfo) -> int | None:
        if shift_days is not None and (info.data.get("start_date") or info.data.get("end_date")):
            raise ValueError("give dates or a shift, not both")
        return shift_days

    def changes(self) -> Changes:
        return Changes(self.season_name, self.start_date, self.end_date, self.shift_days)


class LevelOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    level: int
    required_xp: int
    reward: RewardOut
    auto_claim: bool


class XpRuleOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    feature_type: str
    outcome: str | None
    xp: int


class StoredOut(BaseModel):
    """What creating a season answers."""

    id: int
    state: State


class SeasonOut(StoredOut):
    """A season as operators see it."""

    season_name: str
    start_date: datetime.date
    end_date: datetime.date
    max_level: int
    base_xp_per_stamp: int
    claim_grace_days: int
    published_at: datetime.datetime | None
    retired_at: datetime.datetime | None
    xp_rules: list[XpRuleOut]
    levels: list[LevelOut]

    @classmethod
    def of(cls, season: Season) -> "SeasonOut":
        return cls.model_validate(season, from_attributes=True)


class SeasonsOut(BaseModel):
    items: list[SeasonOut]
    next_cursor: str | None

    @classmethod
    def of(cls, seasons: Iterable[Season], next_before: int | None) -> "SeasonsOut":
        return cls(
            items=[SeasonOut.of(season) for season in seasons],
            next_cursor=None if next_before is None else str(next_before),
        )
