"""Rewards on the wire."""

import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from fairground_games.rewards.rules import Fulfilment, Holdings, LedgerEntry

FulfilmentState = Literal["PENDING", "FULFILLED", "CANCELLED"]
FulfilmentType = Literal["COUPON", "ITEM"]


class BalancesOut(BaseModel):
    POINT: int


class PendingOut(BaseModel):
    """A coupon or item on its way to the player."""

    id: int
    type: str
    sku: str
    amount: int
    label: str | None
    created_at: datetime.datetime

    @classmethod
    def of(cls, owed: Fulfilment) -> Self:
        return cls(
            id=owed.id,
            type=owed.type,
            sku=owed.sku,
            amount=owed.amount,
            label=owed.label,
            created_at=owed.created_at,
        )


class RewardsOut(BaseModel):
    """What a player has and is still to get."""

    balances: BalancesOut
    pending: list[PendingOut] = Field(description="Newest first, at most 100.")
    pending_total: int = Field(description="How many there are, shown or not.")

    @classmethod
    def of(cls, holdings: Holdings) -> Self:
        return cls(
            balances=BalancesOut(POINT=holdings.points),
            pending=[PendingOut.of(owed) for owed in holdings.pending],
            pending_total=holdings.pending_total,
        )


class LedgerEntryOut(BaseModel):
    id: int
    type: str
    amount: int = Field(description="Below zero where points were taken back.")
    balance_after: int
    source: str = Field(
        description="`play:<play_id>`, `grant:<grant_id>` of the season pass, `campaign:<id>` of an operator's gift,"
        " `campaign_undone:<id>` where one was taken back."
    )
    created_at: datetime.datetime

    @classmethod
    def of(cls, entry: LedgerEntry) -> Self:
        return cls(
            id=entry.id,
            type=entry.type,
            amount=entry.amount,
            balance_after=entry.balance_after,
            source=entry.source,
            created_at=entry.created_at,
        )


class LedgerOut(BaseModel):
    items: list[LedgerEntryOut]
    next_cursor: str | None


class FulfilmentOut(PendingOut):
    """A coupon or item as operators see it."""

    user_id: int
    source: str
    state: FulfilmentState
    fulfilled_at: datetime.datetime | None
    fulfilled_by: int | None

    @classmethod
    def of(cls, owed: Fulfilment) -> Self:
        return cls.model_validate(owed, from_attributes=True)


class FulfilmentsOut(BaseModel):
    items: list[FulfilmentOut]
    next_cursor: str | None
