"""Reading what the season pass keeps. Read only; the statements name the columns, no slice's tables are imported."""

import datetime
from collections.abc import Mapping

from sqlalchemy import text

from fairground_common.db import ReadTx
from fairground_common.db.tallies import TallyOfDay, read_tallies
from fairground_seasonpass.reconcile.statements import DAYS, UNDELIVERED

_DAYS, _UNDELIVERED = text(DAYS), text(UNDELIVERED)


async def read_days(tx: ReadTx, *, first: datetime.date, last: datetime.date) -> Mapping[str, TallyOfDay]:
    """Return tallies by what is tallied and by day; absent where there is nothing."""
    return await read_tallies(tx, _DAYS, first=first, last=last)


async def count_undelivered(tx: ReadTx) -> int:
    return int(await tx.scalar(_UNDELIVERED))
