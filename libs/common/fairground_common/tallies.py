"""How many things there are, and which: two sides that keep the same ids have the same tally, in whatever order.

The xor of ids says what a count cannot: that one is missing and another there instead. Services tally what they keep
by KST day, and whoever reconciles them compares.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from fairground_common.clock import KST
from fairground_common.errors import FieldError, ValidationFailed

MOST_DAYS = 31
"""Days tallied in one answer."""
MOST_SLICES = 64


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of ids, and the xor of their 128 bits."""

    count: int = 0
    xor: int = 0

    @classmethod
    def of(cls, ids: Iterable[UUID]) -> "Tally":
        tally = cls()
        for each in ids:
            tally += cls(1, each.int)
        return tally

    def __add__(self, other: "Tally") -> "Tally":
        """Put two lots of ids together. An id in both is counted twice, and leaves the xor."""
        return Tally(self.count + other.count, self.xor ^ other.xor)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a day, so that a day too large for one statement is tallied by several: their sum is the day.

    Ids are UUIDv7 and sort by the time they were made. The first and the last slice also take ids of any other time.
    """

    number: int = 1
    of: int = 1

    def ids(self, day: datetime.date) -> tuple[UUID, UUID]:
        """Return the lowest and the highest id of the slice."""
        lowest = _id_made_at(day, self.number - 1, self.of) if self.number > 1 else 0
        beyond = _id_made_at(day, self.number, self.of) if self.number < self.of else 2**128
        return UUID(int=lowest), UUID(int=max(lowest, beyond - 1))

    @property
    def is_first(self) -> bool:
        return self.number == 1


WHOLE = Slice()


def _id_made_at(day: datetime.date, part: int, parts: int) -> int:
    """Return the lowest id that may be made when so much of a KST day is over.

    Ids count from 1970 on, so that of an earlier day is the lowest of all.
    """
    begin = datetime.datetime.combine(day, datetime.time(), KST)
    moment = begin + datetime.timedelta(days=1) * part / parts
    return max(0, int(moment.timestamp() * 1000)) << 80


def require_slice(part: Slice, first: datetime.date, last: datetime.date) -> None:
    """Return when a slice exists and is of one day. Raises ValidationFailed."""
    if part.number > part.of:
        raise ValidationFailed(errors=[FieldError(("query", "slice"), "more than `slices`")])
    if part.of > 1 and first != last:
        raise ValidationFailed(errors=[FieldError(("query", "slices"), "of one day only")])


def tallied_days(
    first: datetime.date | None, last: datetime.date | None, today: datetime.date
) -> tuple[datetime.date, datetime.date]:
    """Return the days of an answer, both inclusive: today when none is named, else the one that is.

    Raises ValidationFailed.
    """
    last = last or first or today
    first = first or last
    if last < first:
        raise ValidationFailed(errors=[FieldError(("query", "to"), "earlier than `from`")])
    if (last - first).days >= MOST_DAYS:
        raise ValidationFailed(errors=[FieldError(("query", "to"), f"more than {MOST_DAYS} days")])
    return first, last


def days_between(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """Return every day from the first to the last, both included."""
    return [first + datetime.timedelta(days=ahead) for ahead in range((last - first).days + 1)]
