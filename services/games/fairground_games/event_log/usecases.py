"""Keeping the log of what players did: months are ready before they begin, and old ones go."""

from dataclasses import dataclass

import structlog

from fairground_common.db import Tx
from fairground_games.event_log.repository import EventLogRepository

log = structlog.get_logger()

KEEP_ALL = 0


@dataclass(frozen=True, slots=True)
class Tidied:
    """The partitions that were made and dropped; None where there was nothing to do."""

    made: str | None
    dropped: str | None

    def __bool__(self) -> bool:
        return self.made is not None or self.dropped is not None


async def tidy_event_log(tx: Tx, *, months_kept: int) -> Tidied:
    """Make at most one month and drop at most one: as little as possible at a time, plays are writing."""
    months = EventLogRepository(tx)
    made = await months.make_next()
    dropped = None if months_kept == KEEP_ALL else await months.drop_oldest(months_kept=months_kept)
    tidied = Tidied(made, dropped)
    if tidied:
        log.info("event_log_tidied", made=made, dropped=dropped)
    return tidied
