"""Reading what the season pass keeps. Read only; the statements name the columns, no slice's tables are imported."""

import datetime
from collections.abc import Mapping

from sqlalchemy import text

from fairground_common.db import ReadTx
from fairground_common.db.tallies import TallyOfDay, read_tallies
from fairground_common.tallies import Slice
from fairground_seasonpass.reconcile.statements import COUNTED, DAYS, UNDELIVERED

_DAYS, _PART, _UNDELIVERED = text(DAYS), text(COUNTED), text(UNDELIVERED)


async def read_days(tx: ReadTx, *, first: datetime.date, last: datetime.date, part: Slice) -> Mapping[str, TallyOfDay]:
    """Return tallies by what is tallied and by day; absent where there is nothing.

    Only plays are sliced: the rest is in the first slice.
    """
    statement = _DAYS if part.is_first else _PART
    return await read_tallies(tx, statement, first=first, last=last, part=part)


async def count_undelivered(tx: ReadTx) -> int:
    return int(await tx.scalar(_UNDELIVERED))
