"""A stamp, and what a check-in answers."""

import datetime
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stamp of one KST day, as the table has it. ``event_id`` is the play or check-in that brought it."""

    user_id: int
    season_id: int
    date: datetime.date
    event_id: UUID
    xp: int
