"""Tallies and their days on the wire."""

from typing import Annotated, Self

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from fairground_common.tallies import MOST_DAYS, MOST_SLICES, Slice, Tally
from fairground_common.web.times import Day

FirstDay = Annotated[Day | None, Query(alias="from", description="First KST day; `to` when absent.")]
LastDay = Annotated[
    Day | None,
    Query(alias="to", description=f"Last KST day, of at most {MOST_DAYS}; `from` when absent, and else today."),
]


_Number = Annotated[int, Query(alias="slice", ge=1, le=MOST_SLICES, description="Which of the slices.")]
_Slices = Annotated[
    int,
    Query(ge=1, le=MOST_SLICES, description="Parts of one day that is too large for one answer; their sum is the day."),
]


async def _slice_of(number: _Number = 1, slices: _Slices = 1) -> Slice:
    return Slice(number, slices)


DaySlice = Annotated[Slice, Depends(_slice_of)]
"""The part of a day asked for, the whole of it unless told otherwise."""


class TallyOut(BaseModel):
    """How many ids, and the xor of their bits in hex: equal where the same ids are kept."""

    count: int
    xor: str = Field(pattern="^[0-9a-f]{32}$")

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls(count=tally.count, xor=f"{tally.xor:032x}")
