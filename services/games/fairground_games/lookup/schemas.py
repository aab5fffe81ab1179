"""A player on the wire, as operators see one."""

import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairground_games.fairness.schemas import FairnessOut
from fairground_games.lookup.rules import PlayerView
from fairground_games.rewards.schemas import RewardsOut


class GamePlaysOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    game: str
    plays: int = Field(description="Ever, over all days and versions.")
    last_played_at: AwareDatetime


class PastPlayOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    play_id: UUID
    game: str
    created_at: AwareDatetime
    day: datetime.date = Field(description="The KST day it counts for.")
    config_version: int
    pair: int = Field(description="Counts the player's seed pairs, from 0.")
    nonce: int
    outcome: dict[str, Any]
    reward: dict[str, Any]


class PlayerViewOut(BaseModel):
    """All that games knows of a player; no server seed."""

    user_id: int
    games: list[GamePlaysOut]
    last_plays: list[PastPlayOut] = Field(description="Newest first, at most 20, over all games.")
    rewards: RewardsOut
    fairness: FairnessOut

    @classmethod
    def of(cls, view: PlayerView) -> Self:
        return cls(
            user_id=view.user_id,
            games=[GamePlaysOut.model_validate(each) for each in view.games],
            last_plays=[PastPlayOut.model_validate(each) for each in view.last_plays],
            rewards=RewardsOut.of(view.holdings),
            fairness=FairnessOut.of(view.promise),
        )
