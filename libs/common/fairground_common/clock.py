"""Time: stored in UTC, played in Korea.

The business day is the KST civil day; it turns at 15:00:00 UTC. Korea has had no daylight saving since 1988.
A transaction takes its time from the database (``Tx.now``); everything else asks one ``Clock``. Both carry the
same offset, so a whole stack can be made to stand at 23:59:59 KST.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Clock:
    """The time outside transactions: the machine's clock plus an offset (0 in production)."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def today(self) -> date:
        return kst_day(self.now())


def kst_day(moment: datetime) -> date:
    """Return the KST civil day an aware moment lies in."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no day")
    return moment.astimezone(KST).date()


def kst_midnight_after(moment: datetime) -> datetime:
    """Return the next turn of the business day after a moment, in UTC."""
    tomorrow = kst_day(moment) + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, KST).astimezone(UTC)


def seconds_until_kst_midnight(moment: datetime) -> int:
    """Return whole seconds (rounded up, at least 1) until the business day turns: a Retry-After value."""
    left = kst_midnight_after(moment) - moment
    return max(1, -(-left // timedelta(seconds=1)))
