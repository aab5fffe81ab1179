"""Settled plays that wait for the season pass: who played, and the messages games' relay would have made of it."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, PlaySettled, Reward
from fairground_common.ids import new_id
from fairground_common.messaging import Broker, Message, bundle

PLAYS_A_PLAYER = 5
"""Of a returning player, on the day of the backlog."""
AT_ONCE = 50
"""Messages in one publish."""

T = TypeVar("T")

_REWARDS = (
    Reward(type="POINT", amount=10),
    Reward(type="NONE"),
    Reward(type="POINT", amount=20),
    Reward(type="XP", amount=5),
    Reward(type="POINT", amount=50),
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who plays: returning players five times each, new players once."""

    name: str
    returning: int
    new: int

    @classmethod
    def of(cls, name: str, events: int, *, new: float) -> "Crowd":
        """Return a crowd of so many plays, a share of them by new players."""
        first_plays = round(events * new)
        return cls(name, (events - first_plays) // PLAYS_A_PLAYER, first_plays)

    @property
    def plays(self) -> int:
        return self.returning * PLAYS_A_PLAYER + self.new

    @property
    def returning_players(self) -> range:
        return range(1, self.returning + 1)

    def players(self) -> list[int]:
        """Return whose play follows on whose: round by round, the new ones spread evenly among the others."""
        rounds = [user for _ in range(PLAYS_A_PLAYER) for user in self.returning_players]
        firsts = range(self.returning + 1, self.returning + self.new + 1)
        slots = sorted(
            [(index / max(len(rounds), 1), user) for index, user in enumerate(rounds)]
            + [(index / max(len(firsts), 1), user) for index, user in enumerate(firsts)]
        )
        return [user for _, user in slots]


def plays_of(players: Sequence[int], day: datetime.date) -> list[Envelope]:
    """Return one play each, all of one day, with what a roulette brings."""
    now = Clock().now()
    return [_play(user_id, _REWARDS[number % len(_REWARDS)], day, now) for number, user_id in enumerate(players)]


async def fill(broker: Broker, plays: Sequence[Envelope]) -> None:
    """Publish plays as a relay with much to do bundles them."""
    messages = [
        Message(str(number), PlaySettled.type, bundle.encode([play.to_json() for play in part]))
        for number, part in enumerate(in_parts(plays, bundle.MAX_EVENTS))
    ]
    for part in in_parts(messages, AT_ONCE):
        await broker.publish(part)


def _play(user_id: int, reward: Reward, day: datetime.date, now: datetime.datetime) -> Envelope:
    settled = PlaySettled(
        play_id=new_id(),
        user_id=user_id,
        feature_type="ROULETTE",
        day=day,
        outcome="HIT",
        reward=reward,
        config_version=1,
    )
    return Envelope.of(settled, at=now, key=user_id)


def in_parts(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))
