"""What must be equal, and whether an inequality may still pass because something is on its way. Pure.

The season pass is read before games. So what it has, games must have: too much of anything is a fault at once. Too
little may be an event on its way, which is why it is asked again for a while.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from fairground_common.tallies import Tally


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: ``left`` and ``right`` must be equal, and be the same things."""

    check: str
    of: str
    """The day, prize or player it is about."""
    left: int
    right: int
    same_ids: bool = True
    on_its_way: bool = False
    """Whether it differs and may come right by itself."""
    note: str = ""

    @property
    def difference(self) -> int:
        return self.left - self.right

    @property
    def reads_zero(self) -> bool:
        return self.difference == 0 and self.same_ids


@dataclass(frozen=True, slots=True)
class Day:
    """A KST day as both services have it."""

    day: datetime.date
    plays: Tally
    unsent: Tally
    counted: Tally
    credits: Tally
    delivered: Tally


def plays_of(day: Day, dead: Callable[[datetime.date], Tally]) -> Row:
    """Every play is counted, or its event is unsent or dead. Dead letters are looked at only if plays are missing."""
    alive = day.counted + day.unsent
    lost = dead(day.day) if alive.count < day.plays.count else Tally()
    told = alive + lost
    parts = ((day.unsent.count, "unsent"), (lost.count, "dead"))
    return Row(
        check="plays = counted + unsent + dead",
        of=day.day.isoformat(),
        left=day.plays.count,
        right=told.count,
        same_ids=day.plays.xor == told.xor,
        # An event that was just sent may be counted before its outbox row is gone: it is on both sides for a moment.
        on_its_way=day.plays != told and (told.count < day.plays.count or day.unsent.count > 0),
        note=", ".join(f"{count:,} {what}" for count, what in parts if count),
    )


def rewards_of(day: Day) -> Row:
    """Every level reward games has booked on a day is delivered, and no other."""
    return Row(
        check="rewards booked = delivered",
        of=day.day.isoformat(),
        left=day.credits.count,
        right=day.delivered.count,
        same_ids=day.credits.xor == day.delivered.xor,
        on_its_way=day.delivered.count < day.credits.count,
    )


def undelivered(count: int) -> Row:
    """A reward that was given is booked and confirmed within moments."""
    return Row("rewards given and not confirmed", "now", count, 0, on_its_way=count > 0)


def stock_of(prize: str, *, supplied: int, issued: int, left: int) -> Row:
    return Row("stock opened + restocked = issued + left", prize, supplied, issued + left)


def balance_of(user_id: int, *, balance: int, ledger: int) -> Row:
    return Row("balance = ledger", f"player {user_id}", balance, ledger)
