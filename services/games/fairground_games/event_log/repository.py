"""Months of user_event_log, which only the owner of the table may make or drop: the migration left functions for it.

The app role may call them and nothing more. They look at the database's own clock, know no month younger than three,
and wait 0.2 s for a lock at most; who finds the log busy comes back later.
"""

from sqlalchemy import text

from fairground_common.db import Tx

_DROP = text("SELECT drop_oldest_event_log_month(:months_kept)")
_MAKE = text("SELECT make_next_event_log_month()")


class EventLogRepository:
    """Makes and drops months of the log, one at a time."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def drop_oldest(self, *, months_kept: int) -> str | None:
        """Drop the oldest month if it is older than those kept, and return its name."""
        dropped: str | None = await self._tx.scalar(_DROP, {"months_kept": months_kept})
        return dropped

    async def make_next(self) -> str | None:
        """Make the next month of the year ahead that is missing, and return its name."""
        made: str | None = await self._tx.scalar(_MAKE)
        return made
