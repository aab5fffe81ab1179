"""What a player's progress should be, from the logs, and how it differs. Pure.

XP is the sum of the XP ledger, stamps are the rows of the stamp log, the level follows from the XP, and every
automatic level up to it has been paid.
"""

import datetime
from dataclasses import dataclass

from fairground_seasonpass.seasons.season import Level, Season
from fairground_seasonpass.xp.rules import level_at


@dataclass(frozen=True, slots=True)
class Progress:
    """A player's progress in a season, as it is stored or as it should be."""

    current_xp: int
    current_level: int
    total_stamps: int
    last_stamp_date: datetime.date | None


@dataclass(frozen=True, slots=True)
class Books:
    """All that is written about one player in one season, seen at one moment."""

    user_id: int
    stored: Progress | None
    lines: int
    """Of the XP ledger."""
    xp: int
    ledger_stamps: int
    """Lines of the XP ledger that say they brought a stamp."""
    stamps: int
    last_stamp_date: datetime.date | None
    given: tuple[int, ...]
    """Levels in the reward log."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with a player's progress. A rebuild mends progress and pays; logs it never changes."""

    user_id: int
    stored: Progress | None
    computed: Progress | None
    """None: the logs know nothing of the player, so there should be no progress."""
    unpaid: tuple[Level, ...]
    """Automatic levels reached and never paid."""
    unearned_levels: tuple[int, ...]
    """Levels paid or claimed without the XP for them: nothing is taken back."""
    ledger_stamps: int
    """Stamps as the XP ledger counts them; the stamp log should say the same."""

    @property
    def needs_mending(self) -> bool:
        """Whether a rebuild has something to do."""
        return self.stored != self.computed or bool(self.unpaid)

    @property
    def is_mendable(self) -> bool:
        """Whether nothing is left of it after a rebuild."""
        stamped = 0 if self.computed is None else self.computed.total_stamps
        return not self.unearned_levels and self.ledger_stamps == stamped

    def __bool__(self) -> bool:
        return self.needs_mending or not self.is_mendable


def difference_of(season: Season, books: Books) -> Difference:
    """Return how a player's progress differs from the logs; false when it does not."""
    computed = _computed(season, books)
    reached = level_at(season, books.xp)
    payable = season.levels[:reached] if computed is not None else ()
    return Difference(
        user_id=books.user_id,
        stored=books.stored,
        computed=computed,
        unpaid=tuple(level for level in payable if level.auto_claim and level.level not in books.given),
        unearned_levels=tuple(level for level in books.given if level > reached),
        ledger_stamps=books.ledger_stamps,
    )


def _computed(season: Season, books: Books) -> Progress | None:
    if not books.lines and not books.stamps:
        return None
    return Progress(books.xp, level_at(season, books.xp), books.stamps, books.last_stamp_date)
