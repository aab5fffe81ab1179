"""What the games keep, on the wire."""

import datetime
from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from fairground_common.web.paging import encode_cursor
from fairground_common.web.tallies import TallyOut
from fairground_games.reconcile.rules import Audited, DayOfGames, StockSum


class GamesDayOut(BaseModel):
    day: datetime.date
    plays: TallyOut = Field(description="By event id.")
    unsent: TallyOut = Field(description="Those of them whose event is still in the outbox.")
    credits: TallyOut = Field(description="Rewards of the season pass booked on that day, by grant id.")

    @classmethod
    def of(cls, day: DayOfGames) -> Self:
        return cls(
            day=day.day,
            plays=TallyOut.of(day.plays),
            unsent=TallyOut.of(day.unsent),
            credits=TallyOut.of(day.credits),
        )


class StockSumOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    prize_key: str
    supplied: int = Field(description="Opened and restocked, less what was taken away. It should be issued + left.")
    issued: int
    left: int


class GamesBooksOut(BaseModel):
    """The days asked for, and every limited prize as it is now."""

    first: datetime.date = Field(serialization_alias="from")
    last: datetime.date = Field(serialization_alias="to")
    days: list[GamesDayOut]
    stock: list[StockSumOut]

    @classmethod
    def of(cls, days: Sequence[DayOfGames], stock: Sequence[StockSum]) -> Self:
        return cls(
            first=days[0].day,
            last=days[-1].day,
            days=[GamesDayOut.of(day) for day in days],
            stock=[StockSumOut.model_validate(each) for each in stock],
        )


class AccountOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    user_id: int
    balance: int = Field(description="Points the player can see.")
    ledger: int = Field(description="The sum of the player's ledger.")


class AccountsOut(BaseModel):
    """Some players, by user id."""

    checked: int = Field(description="Players looked at.")
    items: list[AccountOut] = Field(description="Those whose balance is not the sum of their ledger: nobody.")
    next_cursor: str | None

    @classmethod
    def of(cls, audited: Audited, *, limit: int) -> Self:
        seen = audited.accounts
        return cls(
            checked=len(seen),
            items=[AccountOut.model_validate(account) for account in audited.wrong],
            next_cursor=encode_cursor(seen[-1].user_id) if len(seen) == limit else None,
        )
