"""The check-in on the wire."""

import datetime

from pydantic import BaseModel, ConfigDict

from fairground_common.contracts import Reward
from fairground_seasonpass.seasons.schemas import RewardOut
from fairground_seasonpass.xp import rules
from fairground_seasonpass.xp.entry import Gain


class CheckIn(BaseModel):
    """Nothing: what a stamp is worth is not the client's to say."""

    model_config = ConfigDict(extra="forbid")


class ReachedLevel(BaseModel):
    level: int
    reward: RewardOut
    auto_claim: bool
    claimed_at: datetime.datetime | None
    """Null for a reward that waits for the player's claim."""


class StampOut(BaseModel):
    """What the check-in added, and where the player stands now."""

    added_stamp: int
    xp_added: int
    current_level: int
    leveled_up: bool
    rewards: list[ReachedLevel]
    """Of all levels reached by this stamp, lowest first."""
    season_id: int
    current_xp: int
    total_stamps: int

    @classmethod
    def of(cls, gain: Gain) -> "StampOut":
        reached = rules.newly_reached(gain.season, gain.level_before, gain.total.current_level)
        granted = {grant.level: grant.granted_at for grant in gain.grants}
        return cls(
            added_stamp=1,
            xp_added=gain.season.base_xp_per_stamp,
            current_level=gain.total.current_level,
            leveled_up=bool(reached),
            rewards=[
                ReachedLevel(
                    level=level.level,
                    reward=Reward.model_validate(level.reward),
                    auto_claim=level.auto_claim,
                    claimed_at=granted.get(level.level),
                )
                for level in reached
            ],
            season_id=gain.season.id,
            current_xp=gain.total.current_xp,
            total_stamps=gain.total.total_stamps,
        )
