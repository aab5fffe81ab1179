"""What the games keep, as whoever reconciles the services needs it, and which of it contradicts itself."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from fairground_common.tallies import Tally


@dataclass(frozen=True, slots=True)
class DayOfGames:
    """One KST day."""

    day: datetime.date
    plays: Tally
    """By event id."""
    unsent: Tally
    """Those of them whose event is in the outbox."""
    credits: Tally
    """Rewards of the season pass that were booked on that day as points or as something to hand over, by grant id."""


@dataclass(frozen=True, slots=True)
class StockSum:
    """A limited prize, as it stands and as the public record explains it."""

    prize_key: str
    supplied: int
    """Opened and restocked, less what was taken away."""
    issued: int
    left: int


@dataclass(frozen=True, slots=True)
class Account:
    """A player's points: the balance plays are decided with, and the sum of the ledger."""

    user_id: int
    balance: int
    ledger: int


@dataclass(frozen=True, slots=True)
class Audited:
    """Some players, by user id."""

    accounts: Sequence[Account]

    @property
    def wrong(self) -> list[Account]:
        return [account for account in self.accounts if account.balance != account.ledger]
