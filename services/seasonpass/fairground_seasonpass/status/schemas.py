"""The season pass on the wire."""

import datetime
from typing import Literal

from pydantic import BaseModel

from fairground_common.contracts import Reward
from fairground_seasonpass.rewards.grant import Given
from fairground_seasonpass.seasons.rules import Phase, phase_of
from fairground_seasonpass.seasons.schemas import LevelOut, XpRuleOut
from fairground_seasonpass.seasons.season import Level, Season
from fairground_seasonpass.status.view import View
from fairground_seasonpass.xp.rules import next_level_xp

Delivery = Literal["PENDING", "DELIVERED"]


class SeasonShown(BaseModel):
    id: int
    season_name: str
    start_date: datetime.date
    end_date: datetime.date
    max_level: int
    base_xp_per_stamp: int
    xp_rules: list[XpRuleOut]
    phase: Phase
    """ACTIVE, or CLAIMING when it is over and rewards can still be claimed. A season asked for by its id may also be
    UPCOMING or ENDED."""
    claimable_until: datetime.date
    """The last day of claims."""

    @classmethod
    def of(cls, season: Season, today: datetime.date) -> "SeasonShown":
        return cls(
            id=season.id,
            season_name=season.season_name,
            start_date=season.start_date,
            end_date=season.end_date,
            max_level=season.max_level,
            base_xp_per_stamp=season.base_xp_per_stamp,
            xp_rules=[XpRuleOut.model_validate(rule) for rule in season.xp_rules],
            phase=phase_of(season, today),
            claimable_until=season.claimable_until,
        )


class ProgressShown(BaseModel):
    current_level: int
    current_xp: int
    total_stamps: int
    last_stamp_date: datetime.date | None
    next_level_xp: int | None
    """XP at which the next level is reached; null at the top."""

    @classmethod
    def of(cls, view: View) -> "ProgressShown":
        total = view.total
        return cls(
            current_level=total.current_level,
            current_xp=total.current_xp,
            total_stamps=total.total_stamps,
            last_stamp_date=total.last_stamp_date,
            next_level_xp=next_level_xp(view.season, total.current_level),
        )


class LevelShown(LevelOut):
    is_unlocked: bool
    is_claimed: bool
    delivery: Delivery | None
    """Null before the reward is given; DELIVERED when it is in the balance or with fulfilment."""

    @classmethod
    def for_player(cls, level: Level, view: View) -> "LevelShown":
        given = view.given.get(level.level)
        return cls(
            level=level.level,
            required_xp=level.required_xp,
            reward=Reward.model_validate(level.reward),
            auto_claim=level.auto_claim,
            is_unlocked=level.level <= view.total.current_level,
            is_claimed=given is not None,
            delivery=_delivery(given),
        )


class TodayShown(BaseModel):
    date: datetime.date
    stamped: bool


class StatusOut(BaseModel):
    season: SeasonShown
    progress: ProgressShown
    levels: list[LevelShown]
    today: TodayShown

    @classmethod
    def of(cls, view: View) -> "StatusOut":
        return cls(
            season=SeasonShown.of(view.season, view.today),
            progress=ProgressShown.of(view),
            levels=[LevelShown.for_player(level, view) for level in view.season.levels],
            today=TodayShown(date=view.today, stamped=view.stamped_today),
        )


def _delivery(given: Given | None) -> Delivery | None:
    if given is None:
        return None
    return "PENDING" if given.delivered_at is None else "DELIVERED"
