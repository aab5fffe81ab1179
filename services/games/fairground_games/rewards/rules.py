"""What a reward becomes: points in a balance, something to hand over, or nothing."""

import datetime
from dataclasses import dataclass
from uuid import UUID, uuid5

from fairground_games.rewards.errors import GrantRefused

GRANT, CAMPAIGN, CAMPAIGN_UNDONE = "grant", "campaign", "campaign_undone"
"""``source_kind`` of what the season pass grants, of what a campaign gives, of what is taken back of that. Plays write
theirs themselves."""

PENDING, FULFILLED, CANCELLED = "PENDING", "FULFILLED", "CANCELLED"

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Grant:
    """A reward owed to a player, and the request it goes back to. ``grant_id`` is its source: it is paid once."""

    grant_id: UUID
    user_id: int
    type: str
    amount: int
    sku: str | None = None
    label: str | None = None
    request_id: str | None = None
    traceparent: str | None = None

    @property
    def points(self) -> int:
        return self.amount if self.type == "POINT" else 0

    @property
    def is_handed_over(self) -> bool:
        """Tell whether an operator has to hand it over."""
        return self.type in {"COUPON", "ITEM"}


@dataclass(frozen=True, slots=True)
class Booked:
    """That a grant is booked: for whom, and when first."""

    user_id: int
    booked_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of a balance that is to be written down. Its fields are the ledger's columns."""

    user_id: int
    type: str
    amount: int
    balance_after: int
    source_id: UUID

    @classmethod
    def paid(cls, grant: Grant, balance_after: int) -> "Entry":
        return cls(grant.user_id, grant.type, grant.points, balance_after, grant.grant_id)

    @classmethod
    def taken_back(cls, grant: Grant, balance_after: int) -> "Entry":
        """A grant is taken back once: the id of that is made of the grant's."""
        return cls(grant.user_id, grant.type, -grant.points, balance_after, uuid5(grant.grant_id, CAMPAIGN_UNDONE))


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A change of a player's balance."""

    id: int
    type: str
    amount: int
    balance_after: int
    source: str
    """``<source_kind>:<source_id>``, for instance ``play:<play_id>``."""
    created_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A coupon or item owed to a player, PENDING until an operator has handed it over or it was taken back."""

    id: int
    user_id: int
    type: str
    sku: str
    amount: int
    label: str | None
    source: str
    state: str
    created_at: datetime.datetime
    fulfilled_at: datetime.datetime | None
    fulfilled_by: int | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a player has, and what they are still to get."""

    points: int
    pending: list[Fulfilment]
    pending_total: int


def require_bookable(grant: Grant) -> None:
    """Raise GrantRefused for what games cannot pay; amounts and skus are already within the contract."""
    if not 0 < grant.user_id <= _LARGEST_ID:
        raise GrantRefused(f"{grant.user_id} is no user id.")
    if grant.type == "XP":
        raise GrantRefused("XP is the season pass's own; games has nothing to book.")


def require_same_player(grant: Grant, booked: Booked) -> None:
    """Raise GrantRefused when a grant was booked for somebody else."""
    if grant.user_id != booked.user_id:
        raise GrantRefused(f"Grant {grant.grant_id} was booked for another player.")
