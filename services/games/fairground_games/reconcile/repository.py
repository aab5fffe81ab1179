"""Reading what the games keep. Read only; the statements name the columns, no slice's tables are imported."""

import datetime
from collections.abc import Mapping

from sqlalchemy import text

from fairground_common.db import ReadTx
from fairground_common.db.tallies import TallyOfDay, read_tallies
from fairground_common.tallies import Slice
from fairground_games.reconcile.rules import Account, StockSum
from fairground_games.reconcile.statements import ACCOUNTS, DAYS, PLAYS, STOCK

_DAYS, _PART, _STOCK, _ACCOUNTS = text(DAYS), text(PLAYS), text(STOCK), text(ACCOUNTS)


async def read_days(tx: ReadTx, *, first: datetime.date, last: datetime.date, part: Slice) -> Mapping[str, TallyOfDay]:
    """Return tallies by what is tallied and by day; absent where there is nothing.

    Only plays are sliced: the rest is in the first slice.
    """
    statement = _DAYS if part.is_first else _PART
    return await read_tallies(tx, statement, first=first, last=last, part=part)


async def list_stock(tx: ReadTx) -> list[StockSum]:
    """Return every limited prize."""
    return [StockSum(**row._mapping) for row in await tx.rows(_STOCK)]  # noqa: SLF001 - Row's documented mapping view


async def list_accounts(tx: ReadTx, *, after: int, limit: int) -> list[Account]:
    """Return the next players who have a row or points, by user id."""
    rows = await tx.rows(_ACCOUNTS, {"after": after, "limit": limit})
    return [Account(**row._mapping) for row in rows]  # noqa: SLF001 - Row's documented mapping view
