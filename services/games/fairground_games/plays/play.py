"""A play: asked for, and settled."""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fairground_games.configs.versions import StoredVersion
from fairground_games.games.game import Game


@dataclass(frozen=True, slots=True)
class Play:
    """A player asks to play a game once."""

    user_id: int
    game: Game
    idempotency_key: str | None = None
    request_id: str | None = None
    traceparent: str | None = None


@dataclass(slots=True)
class SettledPlay:
    """A row of ``play``, new or read back: an answer can be made from it at any time.

    Only ``unit`` ever changes: a prize's unit gets its number when the play is stored.
    """

    play_id: UUID
    event_id: UUID
    user_id: int
    game: str
    config_version: int
    day: datetime.date
    created_at: datetime.datetime
    pair: int
    nonce: int
    outcome_key: str
    outcome: dict[str, Any]
    reward: dict[str, Any]
    unit: int | None
    receipt: dict[str, Any]
    used_today: int
    max_daily: int
    balance: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What a player is told about a settled play."""

    play: SettledPlay
    game: Game
    stored: StoredVersion
    replayed: bool

    def body(self) -> dict[str, Any]:
        """Return the answer; the same for the first time, a replay and the history."""
        play = self.play
        outcome = self.stored.version.outcome(play.outcome_key)
        return {
            "play_id": play.play_id,
            "event_id": play.event_id,
            "day": play.day,
            "config_version": play.config_version,
            "reward": play.reward,
            **remaining(play.used_today, play.max_daily),
            "fairness": {
                "commitment": play.receipt["commitment"],
                "client_seed": play.receipt["client_seed"],
                "nonce": play.nonce,
            },
            "balance": play.balance,
            **self.game.answer(outcome, play.outcome, play.unit),
        }


def remaining(used_today: int, max_daily: int) -> dict[str, Any]:
    """Return the allowance as the wire shows it: ``max_daily`` 0 is unlimited, which shows as remaining 0."""
    return {
        "used_today": used_today,
        "remaining": max(0, max_daily - used_today),
        "unlimited": max_daily == 0,
    }
