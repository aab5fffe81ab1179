"""What every game is made of: a version's outcomes, and one of them drawn."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fairground_common.contracts import Reward

PRIZE_KEY = r"^[a-z0-9_-]{1,32}$"
"""Pattern of a prize's stable name; its stock hangs on it, whatever the version."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that may happen in a version, and what it pays."""

    key: str
    """Stable name: slot index, WIN/DRAW/LOSE, prize key."""
    position: int
    label: str
    reward: Reward
    weight: int | None = None
    """Chances out of the version's sum; None where dice decide."""
    is_jackpot: bool = False
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class OpeningStock:
    """The stock a posted configuration gives to an outcome's key, should nobody have named that key before."""

    key: str
    left: int | None
    """None is unlimited."""
    loc: tuple[str | int, ...]
    """Where it stands in what was posted."""


class Undisclosed(Exception):
    """Something was drawn that is not in the disclosed table; the play does not take place."""


@dataclass(frozen=True)
class Version:
    """A version of a game's configuration, immutable once stored."""

    game: str
    number: int
    name: str
    max_daily: int
    outcomes: tuple[Outcome, ...]
    """In slot or prize order: the order in which weights are walked."""

    def outcome(self, key: str) -> Outcome:
        return self._by_key[key]

    def hit(self, key: str) -> Outcome:
        """Return what was drawn. Raises Undisclosed for what the odds give no chance: whatever drew it is broken."""
        outcome = self._by_key.get(key)
        if outcome is None or not outcome.is_active or outcome.weight == 0:
            raise Undisclosed(f"{self.game} version {self.number} has no chance of {key!r}")
        return outcome

    def paid(self, key: str) -> dict[str, Any]:
        """Return an outcome's reward as it stands on the wire: one object for all plays, not to be changed."""
        return self._paid[key]

    @cached_property
    def _paid(self) -> dict[str, dict[str, Any]]:
        return {outcome.key: outcome.reward.as_json() for outcome in self.outcomes}

    @cached_property
    def _by_key(self) -> dict[str, Outcome]:
        return {outcome.key: outcome for outcome in self.outcomes}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One draw of a game whose outcomes can run out: what was out of the question, and what was hit."""

    draw: int
    exhausted: tuple[str, ...]
    hit: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The result of a draw."""

    key: str
    """The outcome that was hit."""
    shown: dict[str, Any]
    """The receipt's ``outcome``: enough to check the draw by."""
    said: str
    """The outcome as events name it; season rules match on it."""
    attempts: tuple[Attempt, ...] = field(default=())
