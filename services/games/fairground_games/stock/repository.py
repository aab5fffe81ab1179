"""All SQL of lottery stock, but for the units that plays take."""

import datetime
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from fairground_common.db import ReadTx, Tx
from fairground_games.stock.models import lottery_stock, lottery_stock_event
from fairground_games.stock.rules import Stock, StockEvent, StockEventKind

_STOCKS = select(lottery_stock.c.prize_key, lottery_stock.c.left, lottery_stock.c.issued)


class StockRepository:
    """Writes of stock, each with its line in the public record."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def open(self, stocks: Mapping[str, int | None]) -> set[str]:
        """Give keys without a stock theirs and return them; waits for others who open the same ones."""
        rows = [{"prize_key": key, "left": stocks[key], "issued": 0} for key in sorted(stocks)]
        new = insert(lottery_stock).values(rows).on_conflict_do_nothing().returning(lottery_stock.c.prize_key)
        opened = set((await self._tx.execute(new)).scalars())
        for key in sorted(opened):
            await self._note(key, "opened", delta=stocks[key], left=stocks[key])
        return opened

    async def lock(self, key: str) -> Stock | None:
        """Hold a prize's row: plays that want a unit wait."""
        row = await self._tx.row(_STOCKS.where(lottery_stock.c.prize_key == key).with_for_update())
        return None if row is None else _stock(row)

    async def set_left(self, stock: Stock, left: int, *, kind: StockEventKind, delta: int) -> None:
        """Change what is left of a prize whose row is held."""
        await self._tx.execute(update(lottery_stock).where(lottery_stock.c.prize_key == stock.key).values(left=left))
        await self._note(stock.key, kind, delta=delta, left=left)

    async def _note(self, key: str, kind: StockEventKind, *, delta: int | None, left: int | None) -> None:
        event = {"prize_key": key, "kind": kind, "delta": delta, "left": left, "created_at": self._tx.now}
        await self._tx.execute(insert(lottery_stock_event).values(event))


async def list_stocks(tx: ReadTx, *, after: str | None, limit: int) -> list[Stock]:
    """Return prizes by key."""
    found = _STOCKS.order_by(lottery_stock.c.prize_key).limit(limit)
    if after is not None:
        found = found.where(lottery_stock.c.prize_key > after)
    return [_stock(row) for row in await tx.rows(found)]


async def list_exhausted(tx: ReadTx) -> frozenset[str]:
    """Return the keys with nothing left."""
    found = select(lottery_stock.c.prize_key).where(lottery_stock.c.left == 0)
    return frozenset((await tx.execute(found)).scalars())


async def read_left(tx: ReadTx, keys: Collection[str]) -> dict[str, int]:
    """Return what is left of limited prizes."""
    found = _STOCKS.where(lottery_stock.c.prize_key.in_(keys), lottery_stock.c.left.is_not(None))
    return {row.prize_key: row.left for row in await tx.rows(found)}


async def list_events(
    tx: ReadTx, *, keys: Collection[str], before: tuple[datetime.datetime, int] | None, limit: int
) -> list[StockEvent]:
    """Return the record of some prizes, newest first."""
    event = lottery_stock_event.c
    found = select(lottery_stock_event).where(event.prize_key.in_(keys))
    if before is not None:
        found = found.where(tuple_(event.created_at, event.id) < before)
    rows = await tx.rows(found.order_by(event.created_at.desc(), event.id.desc()).limit(limit))
    return [StockEvent(row.id, row.prize_key, row.kind, row.delta, row.left, row.created_at) for row in rows]


def _stock(row: Row[Any]) -> Stock:
    return Stock(row.prize_key, row.left, row.issued)
