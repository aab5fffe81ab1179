import datetime

import pytest

from fairground_seasonpass.seasons.season import Level, Season
from fairground_seasonpass.xp.rules import level_at, newly_reached, next_level_xp


def a_season(*required_xp: int) -> Season:
    return Season(
        id=1,
        season_name="Spring",
        start_date=datetime.date(2026, 3, 1),
        end_date=datetime.date(2026, 3, 31),
        max_level=len(required_xp),
        base_xp_per_stamp=10,
        claim_grace_days=7,
        state="PUBLISHED",
        published_at=None,
        retired_at=None,
        levels=tuple(Level(n, xp, {"type": "NONE"}, auto_claim=True) for n, xp in enumerate(required_xp, start=1)),
        xp_rules=(),
    )


@pytest.mark.parametrize(
    ("curve", "xp", "level"),
    [
        ((0, 10, 15), 0, 1),
        ((0, 10, 15), 9, 1),
        ((0, 10, 15), 10, 2),
        ((0, 10, 15), 14, 2),
        ((0, 10, 15), 15, 3),
        ((0, 10, 15), 10**9, 3),
        ((40, 100), 39, 0),
        ((40, 100), 40, 1),
    ],
)
def test_the_level_is_the_highest_whose_xp_is_reached(curve: tuple[int, ...], xp: int, level: int) -> None:
    assert level_at(a_season(*curve), xp) == level


@pytest.mark.parametrize(
    ("before", "after", "reached"), [(0, 0, []), (0, 1, [1]), (0, 3, [1, 2, 3]), (1, 3, [2, 3]), (3, 3, [])]
)
def test_a_gain_reaches_every_level_it_crosses(before: int, after: int, reached: list[int]) -> None:
    assert [level.level for level in newly_reached(a_season(0, 10, 15), before, after)] == reached


@pytest.mark.parametrize(("level", "needed"), [(0, 5), (1, 10), (2, 15), (3, None)])
def test_the_next_level_has_a_price_except_at_the_top(level: int, needed: int | None) -> None:
    assert next_level_xp(a_season(5, 10, 15), level) == needed
