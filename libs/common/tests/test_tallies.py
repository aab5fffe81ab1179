import datetime
from itertools import pairwise

import pytest

from fairground_common.tallies import Slice

HIGHEST = 2**128 - 1


@pytest.mark.parametrize("day", [datetime.date(2026, 12, 24), datetime.date(9999, 12, 31)])
@pytest.mark.parametrize("slices", [1, 2, 56, 64])
def test_the_slices_of_a_day_hold_every_id_once(day: datetime.date, slices: int) -> None:
    bounds = [Slice(number, slices).ids(day) for number in range(1, slices + 1)]

    assert bounds[0][0].int == 0
    assert bounds[-1][1].int == HIGHEST
    assert all(highest.int + 1 == lowest.int for (_, highest), (lowest, _) in pairwise(bounds))


@pytest.mark.parametrize("day", [datetime.date(1, 1, 1), datetime.date(236, 3, 28), datetime.date(1969, 12, 31)])
def test_a_day_before_any_id_was_made_has_slices_too(day: datetime.date) -> None:
    bounds = [Slice(number, 8).ids(day) for number in range(1, 9)]

    assert bounds[-1][1].int == HIGHEST
    assert all(lowest <= highest for lowest, highest in bounds)
