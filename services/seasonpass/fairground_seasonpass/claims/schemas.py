"""Claims on the wire."""

import datetime
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from fairground_common.contracts import Reward
from fairground_seasonpass.rewards.grant import Grant
from fairground_seasonpass.seasons.schemas import RewardOut, SeasonId

NamedSeason = Annotated[SeasonId, Field(strict=True)]
"""In JSON a number is a number: `true` is not season 1."""


class Claim(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: int = Field(strict=True)
    season_id: NamedSeason | None = None
    """Default: the running season, else the latest one still open for claims."""


class ClaimAll(BaseModel):
    model_config = ConfigDict(extra="forbid")

    season_id: NamedSeason | None = None
    """Default: the running season, else the latest one still open for claims."""


class ClaimedOut(BaseModel):
    level: int
    reward: RewardOut
    claimed_at: datetime.datetime

    @classmethod
    def of(cls, grant: Grant) -> "ClaimedOut":
        return cls(level=grant.level, reward=Reward.model_validate(grant.reward), claimed_at=grant.granted_at)


class ClaimedAllOut(BaseModel):
    claimed: list[ClaimedOut]

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> "ClaimedAllOut":
        return cls(claimed=[ClaimedOut.of(grant) for grant in grants])
