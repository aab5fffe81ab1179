"""Keeping the log of what players did: months are ready before they begin, and old ones go."""

from dataclasses import dataclass

from fairground_common.db import Tx
from fairground_games.event_log.repository import EventLogRepository

KEEP_ALL = 0


@dataclass(frozen=True, slots=True)
class Tidied:
    """The partitions that were made and dropped; None where there was nothing to do."""

    made: str | None
    dropped: str | None


async def tidy_event_log(tx: Tx, *, months_kept: int) -> Tidied:
    """Make at most one month and drop at most one: as little as possible at a time, plays are writing."""
    log = EventLogRepository(tx)
    made = await log.make_next()
    dropped = None if months_kept == KEEP_ALL else await log.drop_oldest(months_kept=months_kept)
    return Tidied(made, dropped)
