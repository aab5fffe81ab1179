"""What is disclosed about chances: exact, because derived from the very table that draws."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from heapq import merge

from fairground_common.contracts import Reward
from fairground_games.configs.rules import Activation
from fairground_games.games.fractions import percent_of
from fairground_games.games.game import Game
from fairground_games.games.outcome import Version
from fairground_games.stock.rules import StockEvent

Position = tuple[datetime, int, int]
"""Where an item of the history stands: its moment, its kind's rank, its id."""

STOCK_RANK, VERSION_RANK = 0, 1
_ABOVE_ALL_IDS = 2**63 - 1
_BELOW_ALL_IDS = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance of one outcome. The fraction is exact and reduced; percent is rounded half-even to 6 decimals."""

    key: str
    label: str
    chance: Fraction
    reward: Reward
    depleted: bool

    @property
    def percent(self) -> float:
        return percent_of(self.chance)


@dataclass(frozen=True, slots=True)
class Force:
    """A stretch of time in which a version was in force, with the chances it gave while nothing had run out."""

    activation: Activation
    chances: list[Chance] | None
    """None when the stored version is no longer what its hash stands for."""


HistoryItem = Force | StockEvent


def chances_of(game: Game, version: Version, exhausted: frozenset[str]) -> list[Chance]:
    """Return the chances of a version's outcomes, in the order in which weights are walked."""
    chances = game.chances(version, exhausted)
    return [
        Chance(each.key, each.label, chances[each.key], each.reward, game.has_stock and each.key in exhausted)
        for each in version.outcomes
        if each.key in chances
    ]


def position_of(item: HistoryItem) -> Position:
    """Return where an item stands; no two stand at the same place."""
    if isinstance(item, StockEvent):
        return (item.created_at, STOCK_RANK, item.id)
    return (item.activation.start, VERSION_RANK, item.activation.id)


def below(position: Position | None, rank: int) -> tuple[datetime, int] | None:
    """Return from which (moment, id) on items of a kind are older than a position."""
    if position is None:
        return None
    moment, of_rank, number = position
    if of_rank == rank:
        return (moment, number)
    return (moment, _ABOVE_ALL_IDS if rank < of_rank else _BELOW_ALL_IDS)


def newest_first(forces: Iterable[Force], events: Iterable[StockEvent]) -> Iterator[HistoryItem]:
    """Merge two lists, each newest first."""
    return merge(forces, events, key=position_of, reverse=True)
