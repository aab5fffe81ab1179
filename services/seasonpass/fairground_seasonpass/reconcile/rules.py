"""What the season pass keeps, as whoever reconciles the services needs it."""

import datetime
from dataclasses import dataclass

from fairground_common.tallies import Tally


@dataclass(frozen=True, slots=True)
class DayOfSeasonPass:
    """One KST day."""

    day: datetime.date
    counted: Tally
    """Plays of that day in the XP ledger, by event id."""
    delivered: Tally
    """Rewards games says it booked on that day as points or as something to hand over, by grant id."""
