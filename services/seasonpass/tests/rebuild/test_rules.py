import datetime
from typing import Any

import pytest

from fairground_seasonpass.rebuild.rules import Books, Progress, difference_of
from fairground_seasonpass.seasons.season import Level, Season

DAY = datetime.date(2026, 3, 10)
POINTS = {"type": "POINT", "amount": 1}

SEASON = Season(
    id=1,
    season_name="Spring",
    start_date=DAY,
    end_date=DAY,
    max_level=3,
    base_xp_per_stamp=10,
    claim_grace_days=0,
    state="PUBLISHED",
    published_at=None,
    retired_at=None,
    levels=(
        Level(1, 0, POINTS, auto_claim=True),
        Level(2, 10, POINTS, auto_claim=False),
        Level(3, 15, POINTS, auto_claim=True),
    ),
    xp_rules=(),
)


def books(**changes: Any) -> Books:
    """Return the books of a player with one stamp and 15 XP, in order."""
    right: dict[str, Any] = {
        "user_id": 7,
        "stored": Progress(15, 3, 1, DAY),
        "lines": 2,
        "xp": 15,
        "ledger_stamps": 1,
        "stamps": 1,
        "last_stamp_date": DAY,
        "given": (1, 3),
    }
    return Books(**{**right, **changes})


def test_books_in_order_show_no_difference() -> None:
    assert not difference_of(SEASON, books())
    assert not difference_of(SEASON, books(given=(1, 2, 3))), "a manual level may be claimed or not"


@pytest.mark.parametrize(
    "stored",
    [None, Progress(14, 3, 1, DAY), Progress(15, 2, 1, DAY), Progress(15, 3, 2, DAY), Progress(15, 3, 1, None)],
)
def test_whatever_is_stored_is_compared_with_the_logs(stored: Progress | None) -> None:
    difference = difference_of(SEASON, books(stored=stored))
    assert (difference.needs_mending, difference.is_mendable) == (True, True)
    assert difference.computed == Progress(15, 3, 1, DAY)


def test_progress_nobody_logged_should_not_be() -> None:
    nothing = {"lines": 0, "xp": 0, "ledger_stamps": 0, "stamps": 0, "last_stamp_date": None, "given": ()}
    difference = difference_of(SEASON, books(**nothing))
    assert (difference.computed, difference.unpaid, difference.needs_mending) == (None, (), True)
    assert not difference_of(SEASON, books(stored=None, **nothing | {"given": (1,)})), "a free level may be claimed"


def test_automatic_levels_that_were_reached_are_to_be_paid() -> None:
    difference = difference_of(SEASON, books(given=()))
    assert ([level.level for level in difference.unpaid], difference.is_mendable) == ([1, 3], True)


def test_a_level_given_without_xp_and_logs_that_disagree_cannot_be_mended() -> None:
    unearned = difference_of(SEASON, books(xp=10, stored=Progress(10, 2, 1, DAY)))
    assert (unearned.unearned_levels, unearned.needs_mending, unearned.is_mendable) == ((3,), False, False)
    disagreeing = difference_of(SEASON, books(ledger_stamps=2))
    assert (bool(disagreeing), disagreeing.needs_mending, disagreeing.is_mendable) == (True, False, False)
