"""Versions as operators see them, and which of them may become active."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Literal

from fairground_games.configs.errors import BudgetExceeded, ConfigDiscarded, ConfigInForce
from fairground_games.games.fractions import rounded

State = Literal["DRAFT", "ACTIVE", "RETIRED"]

HIGHEST_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Config:
    """A stored version without its outcomes, which stand in ``canonical``."""

    game: str
    version: int
    name: str
    max_daily: int
    state: State
    canonical: str
    sha256: str
    created_by: int
    created_at: datetime
    activated_at: datetime | None
    """When it last became active."""
    retired_at: datetime | None
    """When another version took its place, or it was discarded as a draft; None while it is active again."""

    @property
    def is_public(self) -> bool:
        """Tell whether players may know it: it is or was in force."""
        return self.activated_at is not None

    @property
    def is_discarded(self) -> bool:
        return self.state == "RETIRED" and not self.is_public


@dataclass(frozen=True, slots=True)
class Activation:
    """A stretch of time in which a version was in force."""

    id: int
    version: int
    sha256: str
    start: datetime
    end: datetime | None
    """None for the one in force."""


def require_activatable(config: Config) -> None:
    """Raise ConfigDiscarded for a draft that was discarded; a version that was in force may come back."""
    if config.is_discarded:
        raise ConfigDiscarded


def require_retirable(config: Config) -> None:
    """Raise ConfigInForce for the active version: TEST_MODE or a scheduled day would find a game without one."""
    if config.state == "ACTIVE":
        raise ConfigInForce


def require_within_budget(points: Fraction, budget: Fraction | None) -> None:
    """Raise BudgetExceeded for a version that pays more points a play, in the mean, than allowed (None: any)."""
    if budget is not None and points > budget:
        raise BudgetExceeded(f"Expected points a play: {points} (about {rounded(points)}); the budget is {budget}.")
