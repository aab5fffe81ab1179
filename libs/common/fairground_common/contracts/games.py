"""Events of the games service."""

import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from fairground_common.contracts.event import Event
from fairground_common.contracts.reward import Reward


class PlaySettled(Event):
    """A play has been committed: drawn, rewarded and counted. ``day`` is the KST day it counts for."""

    type: ClassVar[str] = "games.play_settled.v1"
    source: ClassVar[str] = "games"
    listeners: ClassVar[tuple[str, ...]] = ("seasonpass",)

    play_id: UUID
    user_id: int
    feature_type: str
    day: datetime.date
    outcome: str
    """WIN, DRAW, LOSE, JACKPOT, HIT or a prize key."""
    reward: Reward
    config_version: int


class FeatureDay(BaseModel):
    """One scheduled day."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    date: datetime.date
    feature_type: str
    is_active: bool


class FeatureTitle(BaseModel):
    """One feature and its kill switch."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    is_enabled: bool
    title: str


class FeatureDaysChanged(Event):
    """The schedule as it stands, from yesterday to 60 days ahead; a higher revision replaces a lower one."""

    type: ClassVar[str] = "games.feature_days_changed.v1"
    source: ClassVar[str] = "games"
    listeners: ClassVar[tuple[str, ...]] = ("seasonpass", "ranking")

    revision: int
    days: tuple[FeatureDay, ...]
    features: tuple[FeatureTitle, ...]


class RewardDelivered(Event):
    """A granted reward is booked: as balance or as a fulfilment record. Said again for every repeated grant."""

    type: ClassVar[str] = "games.reward_delivered.v1"
    source: ClassVar[str] = "games"
    listeners: ClassVar[tuple[str, ...]] = ("seasonpass",)

    grant_id: UUID
    delivered_at: AwareDatetime
