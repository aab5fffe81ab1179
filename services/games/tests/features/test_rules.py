"""Which days can be listed and scheduled, decided without a database."""

import datetime

import pytest

from fairground_common.errors import ValidationFailed
from fairground_games.features.rules import listed_days, require_within_reach

TODAY = datetime.date(2026, 3, 14)


def day(offset: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=offset)


@pytest.mark.parametrize(
    ("first", "last", "listed"),
    [
        (None, None, (day(-1), day(365))),
        (day(5), None, (day(5), day(371))),
        (None, day(9), (day(-1), day(9))),
        (None, day(-9), (day(-9), day(-9))),
        (day(3), day(3), (day(3), day(3))),
        (datetime.date.max, None, (datetime.date.max, datetime.date.max)),
        (datetime.date.min, datetime.date.min, (datetime.date.min, datetime.date.min)),
    ],
)
def test_a_list_starts_yesterday_and_spans_a_year_unless_told_otherwise(
    first: datetime.date | None, last: datetime.date | None, listed: tuple[datetime.date, datetime.date]
) -> None:
    assert listed_days(first, last, TODAY) == listed


@pytest.mark.parametrize(("first", "last"), [(day(2), day(1)), (day(0), day(367))])
def test_a_list_that_runs_backwards_or_too_long_is_refused(first: datetime.date, last: datetime.date) -> None:
    with pytest.raises(ValidationFailed):
        listed_days(first, last, TODAY)


@pytest.mark.parametrize("date", [day(-3653), day(0), day(3653)])
def test_ten_years_can_be_planned(date: datetime.date) -> None:
    require_within_reach(date, TODAY)


@pytest.mark.parametrize("date", [datetime.date(206, 3, 14), day(3654), datetime.date.max])
def test_a_slip_of_the_pen_is_refused(date: datetime.date) -> None:
    with pytest.raises(ValidationFailed):
        require_within_reach(date, TODAY)
