"""A game: its configuration, its rules, its draw. Limits, locks, rewards, receipts and events come from the pipeline.

A new game is one module with one subclass, one line in the registry and one row in feature_config.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from fairground_common.contracts.reward import PLAIN_TEXT
from fairground_common.errors import Conflict, FieldError
from fairground_games.fairness.draws import Draws
from fairground_games.games.outcome import Attempt, Drawn, OpeningStock, Outcome, Version

Label = Field(min_length=1, max_length=64, pattern=PLAIN_TEXT)
Weight = Field(ge=0, le=10**9, strict=True)


class GameConfigIn(BaseModel):
    """What an operator posts: common to all games."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Label
    max_daily: int = Field(ge=0, le=100_000, strict=True)
    """Plays a player has a day; 0 = unlimited."""


class Game(ABC):
    """One game's part of a play."""

    name: ClassVar[str]
    """In paths and draw messages: lower case."""
    feature_type: ClassVar[str]
    broken: ClassVar[type[Conflict]]
    """Raised when the stored version does not keep the game's rules."""
    config_model: ClassVar[type[GameConfigIn]]
    has_stock: ClassVar[bool] = False
    """Whether outcomes may run out (see ``lottery_stock``)."""
    depletion_rule: ClassVar[str] = "Nothing runs out: these odds hold as long as this version is active."
    """What one play does to the odds of the next, in words for the public."""

    @abstractmethod
    def outcomes(self, config: Any) -> tuple[Outcome, ...]:
        """Return a posted configuration's outcomes, as posted: faults name their places in it."""

    @abstractmethod
    def items(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """Return outcomes as the wire and the canonical JSON show them: segments, rewards or prizes."""

    @abstractmethod
    def faults(self, outcomes: Sequence[Outcome]) -> list[FieldError]:
        """Return which rules between outcomes are broken; checked when posted and again whenever loaded."""

    def opening_stocks(self, config: Any) -> tuple[OpeningStock, ...]:
        """Return what a posted configuration says about stock; nothing, unless outcomes may run out."""
        del config
        return ()

    @abstractmethod
    def draw(
        self, version: Version, draws: Draws, exhausted: frozenset[str], earlier: tuple[Attempt, ...] = ()
    ) -> Drawn | None:
        """Draw; None when nothing can be drawn any more. ``earlier`` are attempts whose hit proved exhausted."""

    def said(self, outcome: Outcome) -> str:
        """Return an outcome's name in events; season rules match on it."""
        return outcome.key

    @abstractmethod
    def chances(self, version: Version, exhausted: frozenset[str]) -> dict[str, Fraction]:
        """Return the exact chance of every disclosed outcome."""

    @abstractmethod
    def answer(self, outcome: Outcome, shown: dict[str, Any], unit: int | None) -> dict[str, Any]:
        """Return this game's part of a play's answer."""

    def status(self, version: Version, exhausted: frozenset[str]) -> dict[str, Any]:
        """Return this game's part of the status answer."""
        del exhausted
        return self.items(version.outcomes)


def weighted_chances(outcomes: Sequence[Outcome]) -> dict[str, Fraction]:
    """Return each outcome's weight over the sum of weights."""
    total = sum(outcome.weight or 0 for outcome in outcomes)
    return {outcome.key: Fraction(outcome.weight or 0, total) if total else Fraction(0) for outcome in outcomes}
