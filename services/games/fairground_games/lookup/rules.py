"""A player as operators see one."""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fairground_games.fairness.rules import Promise
from fairground_games.rewards.rules import Holdings


@dataclass(frozen=True, slots=True)
class GamePlays:
    """How often a player has played a game, ever."""

    game: str
    plays: int
    last_played_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class PastPlay:
    """A play as it is kept."""

    play_id: UUID
    game: str
    created_at: datetime.datetime
    day: datetime.date
    config_version: int
    pair: int
    nonce: int
    outcome: dict[str, Any]
    reward: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlayerView:
    """All that games knows of a player and an operator may see: no server seed that is still in use."""

    user_id: int
    games: list[GamePlays]
    last_plays: list[PastPlay]
    holdings: Holdings
    promise: Promise
