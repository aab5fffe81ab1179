"""Events of the season-pass service."""

from typing import ClassVar
from uuid import UUID

from fairground_common.contracts.event import Event
from fairground_common.contracts.reward import Reward


class RewardGranted(Event):
    """A level's reward is owed to a player. ``grant_id`` stays the same when it is said again: it pays once."""

    type: ClassVar[str] = "seasonpass.reward_granted.v1"
    source: ClassVar[str] = "seasonpass"
    listeners: ClassVar[tuple[str, ...]] = ("games",)

    grant_id: UUID
    user_id: int
    season_id: int
    level: int
    reward: Reward
