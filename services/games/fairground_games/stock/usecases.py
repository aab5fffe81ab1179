"""What happens to stock beside plays: opened, refilled, taken away, looked at."""

import datetime
import re
from collections.abc import Collection, Mapping

from fairground_common.db import ReadTx, Tx
from fairground_common.db.audit import audit
from fairground_games.games.outcome import PRIZE_KEY
from fairground_games.schema import audit_log
from fairground_games.stock import repository, rules
from fairground_games.stock.errors import PrizeNotFound
from fairground_games.stock.repository import StockRepository
from fairground_games.stock.rules import Stock, StockEvent


async def open_stocks(tx: Tx, stocks: Mapping[str, int | None]) -> set[str]:
    """Open prize keys with their stock (None: unlimited) and return those that were new; the others stay as is."""
    return await StockRepository(tx).open(stocks)


async def restock(tx: Tx, *, key: str, delta: int, by: int) -> Stock:
    """Add units to a prize, or take some away. Raises PrizeNotFound, StockUnlimited, StockBelowZero."""
    stocks = StockRepository(tx)
    before = await stocks.lock(key) if re.match(PRIZE_KEY, key) else None
    if before is None:
        raise PrizeNotFound
    left = rules.left_after(before, delta)
    await stocks.set_left(before, left, kind=rules.kind_of(before.left or 0, left), delta=delta)
    await audit(
        tx,
        audit_log,
        by=by,
        action="PRIZE_RESTOCKED",
        subject=f"prize:{key}",
        before={"left": before.left, "issued": before.issued},
        after={"left": left, "issued": before.issued},
    )
    return Stock(key, left, before.issued)


async def list_stocks(tx: ReadTx, *, after: str | None, limit: int) -> list[Stock]:
    """Return prizes by key, from behind a key on."""
    return await repository.list_stocks(tx, after=after, limit=limit)


async def list_exhausted(tx: ReadTx) -> frozenset[str]:
    """Return the keys of prizes with nothing left."""
    return await repository.list_exhausted(tx)


async def read_left(tx: ReadTx, keys: Collection[str]) -> dict[str, int]:
    """Return what is left of those of some prizes that are limited."""
    return await repository.read_left(tx, keys)


async def list_events(
    tx: ReadTx, *, keys: Collection[str], before: tuple[datetime.datetime, int] | None, limit: int
) -> list[StockEvent]:
    """Return the public record of some prizes, newest first, older than a position (moment, id)."""
    return await repository.list_events(tx, keys=keys, before=before, limit=limit)
