"""What the season pass keeps, on the wire."""

import datetime
from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, Field

from fairground_common.web.tallies import TallyOut
from fairground_seasonpass.reconcile.rules import DayOfSeasonPass


class SeasonPassDayOut(BaseModel):
    day: datetime.date
    counted: TallyOut = Field(description="Plays of that day in the XP ledger, by event id.")
    delivered: TallyOut = Field(description="Rewards that games says it booked on that day, by grant id.")

    @classmethod
    def of(cls, day: DayOfSeasonPass) -> Self:
        return cls(day=day.day, counted=TallyOut.of(day.counted), delivered=TallyOut.of(day.delivered))


class SeasonPassBooksOut(BaseModel):
    """The days asked for, and what is on its way now."""

    first: datetime.date = Field(serialization_alias="from")
    last: datetime.date = Field(serialization_alias="to")
    days: list[SeasonPassDayOut]
    undelivered: int = Field(description="Rewards given, of whatever day, that games has not said it booked.")

    @classmethod
    def of(cls, days: Sequence[DayOfSeasonPass], undelivered: int) -> Self:
        return cls(
            first=days[0].day,
            last=days[-1].day,
            days=[SeasonPassDayOut.of(day) for day in days],
            undelivered=undelivered,
        )
