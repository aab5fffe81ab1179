"""Telling what the games keep, so that it can be compared with what others keep and with itself."""

import datetime

from fairground_common.db import ReadTx
from fairground_common.tallies import WHOLE, Slice, Tally, days_between
from fairground_games.reconcile import repository
from fairground_games.reconcile.rules import Audited, DayOfGames, StockSum


async def tally_days(tx: ReadTx, *, first: datetime.date, last: datetime.date, part: Slice = WHOLE) -> list[DayOfGames]:
    """Return every day of some, both ends included. Plays and outbox are seen at one moment."""
    found = await repository.read_days(tx, first=first, last=last, part=part)

    def of(what: str, day: datetime.date) -> Tally:
        return found.get(what, {}).get(day, Tally())

    return [
        DayOfGames(day, of("plays", day), of("unsent", day), of("credits", day)) for day in days_between(first, last)
    ]


async def list_stock(tx: ReadTx) -> list[StockSum]:
    """Return every limited prize, by key."""
    return await repository.list_stock(tx)


async def audit_accounts(tx: ReadTx, *, after: int, limit: int) -> Audited:
    """Return the points of the next players, with user ids above ``after``."""
    return Audited(await repository.list_accounts(tx, after=after, limit=limit))
