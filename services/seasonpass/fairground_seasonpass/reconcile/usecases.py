"""Telling what the season pass keeps, so that it can be compared with what games keeps."""

import datetime

from fairground_common.db import ReadTx
from fairground_common.tallies import WHOLE, Slice, Tally, days_between
from fairground_seasonpass.reconcile import repository
from fairground_seasonpass.reconcile.rules import DayOfSeasonPass


async def tally_days(
    tx: ReadTx, *, first: datetime.date, last: datetime.date, part: Slice = WHOLE
) -> list[DayOfSeasonPass]:
    """Return every day of some, both ends included."""
    found = await repository.read_days(tx, first=first, last=last, part=part)

    def of(what: str, day: datetime.date) -> Tally:
        return found.get(what, {}).get(day, Tally())

    return [DayOfSeasonPass(day, of("counted", day), of("delivered", day)) for day in days_between(first, last)]


async def count_undelivered(tx: ReadTx) -> int:
    """Return how many rewards were given and not booked yet, ever."""
    return await repository.count_undelivered(tx)
