"""How many things there are, and which: two sides that keep the same ids have the same tally, in whatever order.

The xor of ids says what a count cannot: that one is missing and another there instead. Services tally what they keep
by KST day, and whoever reconciles them compares.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from fairground_common.errors import FieldError, ValidationFailed

MOST_DAYS = 31
"""Days tallied in one answer."""


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
