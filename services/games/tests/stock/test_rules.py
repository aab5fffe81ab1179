"""What a refill means."""

import pytest

from fairground_games.stock.errors import StockBelowZero, StockUnlimited
from fairground_games.stock.rules import Stock, kind_of, left_after


@pytest.mark.parametrize(("left", "delta", "after"), [(3, 2, 5), (3, -3, 0), (0, 1, 1)])
def test_a_delta_is_added_to_what_is_left(left: int, delta: int, after: int) -> None:
    assert left_after(Stock("gold", left, 9), delta) == after


def test_no_more_can_be_taken_away_than_is_left() -> None:
    with pytest.raises(StockBelowZero):
        left_after(Stock("gold", 3, 9), -4)


def test_an_unlimited_prize_cannot_be_refilled() -> None:
    with pytest.raises(StockUnlimited):
        left_after(Stock("gold", None, 0), 1)


@pytest.mark.parametrize(
    ("before", "after", "kind"), [(3, 5, "restocked"), (3, 1, "restocked"), (0, 2, "refilled"), (3, 0, "exhausted")]
)
def test_the_public_record_names_what_happened(before: int, after: int, kind: str) -> None:
    assert kind_of(before, after) == kind
