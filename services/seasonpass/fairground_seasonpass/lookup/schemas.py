"""A player on the wire, as operators see one."""

import datetime
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairground_common.contracts import Reward
from fairground_seasonpass.lookup.view import PlayerView, Standing
from fairground_seasonpass.rewards.grant import Delivery
from fairground_seasonpass.seasons.schemas import RewardOut
from fairground_seasonpass.seasons.season import State
from fairground_seasonpass.xp.schemas import LineOut


class ProgressOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    current_level: int
    current_xp: int
    total_stamps: int
    last_stamp_date: datetime.date | None


class StandingOut(BaseModel):
    """A player in one season."""

    season_id: int
    season_name: str
    state: State
    progress: ProgressOut | None = Field(description="Null for somebody who has only claimed a free level.")
    given_levels: list[int] = Field(description="Levels whose reward was paid or claimed.")
    pending_levels: list[int] = Field(description="Those of them games has not booked yet.")

    @classmethod
    def of(cls, standing: Standing) -> Self:
        return cls(
            season_id=standing.season.id,
            season_name=standing.season.season_name,
            state=standing.season.state,
            progress=None if standing.total is None else ProgressOut.model_validate(standing.total),
            given_levels=list(standing.tally.given),
            pending_levels=list(standing.tally.pending),
        )


class GrantOut(BaseModel):
    """A level reward given."""

    grant_id: UUID = Field(description="Names the reward in the ledger of games: its source is `grant:<grant_id>`.")
    season_id: int
    level: int
    reward: RewardOut
    granted_at: AwareDatetime
    attempts: int = Field(description="How often games was told; 0 for a reward of nothing.")
    sent_at: AwareDatetime = Field(description="When games was last told.")
    delivered_at: AwareDatetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        grant = delivery.grant
        return cls(
            grant_id=grant.grant_id,
            season_id=grant.season_id,
            level=grant.level,
            reward=Reward.model_validate(grant.reward),
            granted_at=grant.granted_at,
            attempts=delivery.attempts,
            sent_at=delivery.sent_at,
            delivered_at=delivery.delivered_at,
        )


class StampedOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    season_id: int
    date: datetime.date
    event_id: UUID = Field(description="Of the play or check-in that brought it.")
    xp: int


class PlayerViewOut(BaseModel):
    """All that the season pass knows of a player; lists are newest first, at most 20 each."""

    user_id: int
    seasons: list[StandingOut]
    last_rewards: list[GrantOut]
    last_stamps: list[StampedOut]
    last_xp: list[LineOut]

    @classmethod
    def of(cls, view: PlayerView) -> Self:
        return cls(
            user_id=view.user_id,
            seasons=[StandingOut.of(each) for each in view.standings],
            last_rewards=[GrantOut.of(each) for each in view.last_rewards],
            last_stamps=[StampedOut.model_validate(each) for each in view.last_stamps],
            last_xp=[LineOut.of(each) for each in view.last_xp],
        )
