"""The business day turns at 15:00:00 UTC, to the microsecond."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fairground_common.clock import Clock, kst_day, kst_midnight_after, seconds_until_kst_midnight

MIDNIGHT = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (MIDNIGHT - TICK, date(2026, 12, 24)),
        (MIDNIGHT, date(2026, 12, 25)),
        (MIDNIGHT + timedelta(hours=23, minutes=59), date(2026, 12, 25)),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_moment_lies_in_its_korean_day(moment: datetime, day: date) -> None:
    assert kst_day(moment) == day


def test_a_naive_moment_has_no_day() -> None:
    with pytest.raises(ValueError, match="naive"):
        kst_day(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(("before", "seconds"), [(TICK, 1), (timedelta(seconds=1), 1), (timedelta(hours=1), 3600)])
def test_the_wait_until_midnight_is_rounded_up(before: timedelta, seconds: int) -> None:
    assert seconds_until_kst_midnight(MIDNIGHT - before) == seconds
    assert kst_midnight_after(MIDNIGHT - before) == MIDNIGHT


def test_the_day_after_midnight_is_a_whole_day_long() -> None:
    assert seconds_until_kst_midnight(MIDNIGHT) == 24 * 3600


def test_a_clock_runs_with_its_offset() -> None:
    ahead = Clock(timedelta(days=400))
    assert timedelta(days=399) < ahead.now() - datetime.now(UTC) < timedelta(days=401)
    assert ahead.today() == kst_day(ahead.now())
