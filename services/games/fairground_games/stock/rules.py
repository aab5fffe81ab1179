"""What a change of stock means."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fairground_games.stock.errors import StockBelowZero, StockUnlimited

StockEventKind = Literal["opened", "restocked", "exhausted", "refilled"]
"""opened: the key is new; restocked: the number changed; exhausted: nothing is left; refilled: there is some again."""

MOST_UNITS = 10**12


@dataclass(frozen=True, slots=True)
class Stock:
    """A prize's units. ``left`` None is unlimited; then ``issued`` is not counted."""

    key: str
    left: int | None
    issued: int


@dataclass(frozen=True, slots=True)
class StockEvent:
    """One line of the public record."""

    id: int
    key: str
    kind: StockEventKind
    delta: int | None
    """Units added; None where plays took them."""
    left: int | None
    created_at: datetime


def left_after(stock: Stock, delta: int) -> int:
    """Return what is left after a refill by ``delta``. Raises StockUnlimited, StockBelowZero."""
    if stock.left is None:
        raise StockUnlimited
    if stock.left + delta < 0:
        raise StockBelowZero(f"{stock.left} left, {-delta} to be taken away.")
    return stock.left + delta


def kind_of(before: int, after: int) -> StockEventKind:
    """Return how the public record names a refill."""
    if after == 0:
        return "exhausted"
    return "refilled" if before == 0 else "restocked"
