import datetime

import pytest

from fairground_common.errors import FairgroundError
from fairground_seasonpass.claims.errors import AutoClaimLevel, LevelNotFound, LevelNotReached
from fairground_seasonpass.claims.rules import claimable_level, open_levels
from fairground_seasonpass.seasons.season import Level, Season

DAY = datetime.date(2026, 3, 14)
NOTHING = {"type": "NONE", "amount": 0}
LEVELS = tuple(Level(n, 10 * n, NOTHING, auto_claim=n == 1) for n in (1, 2, 3))
SEASON = Season(1, "Spring", DAY, DAY, 3, 10, 7, "PUBLISHED", None, None, levels=LEVELS, xp_rules=())


@pytest.mark.parametrize(
    ("level", "current_level", "refusal"),
    [
        (4, 3, LevelNotFound),
        (0, 3, LevelNotFound),
        (-1, 0, LevelNotFound),
        (3, 2, LevelNotReached),
        (1, 0, LevelNotReached),
        (1, 1, AutoClaimLevel),
    ],
)
def test_the_first_thing_that_is_wrong_is_told(level: int, current_level: int, refusal: type[FairgroundError]) -> None:
    with pytest.raises(refusal):
        claimable_level(SEASON, level, current_level)


def test_a_reached_level_that_is_not_automatic_is_claimable() -> None:
    assert claimable_level(SEASON, 2, 2) is LEVELS[1]


@pytest.mark.parametrize(("current_level", "levels"), [(0, []), (1, []), (2, [2]), (3, [2, 3])])
def test_automatic_levels_are_never_open_for_claims(current_level: int, levels: list[int]) -> None:
    assert [level.level for level in open_levels(SEASON, current_level)] == levels
