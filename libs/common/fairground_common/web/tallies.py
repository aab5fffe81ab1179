"""Tallies and their days on the wire."""

from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field

from fairground_common.tallies import MOST_DAYS, Tally
from fairground_common.web.days import Day

FirstDay = Annotated[Day | None, Query(alias="from", description="First KST day; `to` when absent.")]
LastDay = Annotated[
    Day | None,
    Query(alias="to", description=f"Last KST day, of at most {MOST_DAYS}; `from` when absent, and else today."),
]


class TallyOut(BaseModel):
    """How many ids, and the xor of their bits in hex: equal where the same ids are kept."""

    count: int
    xor: str = Field(pattern="^[0-9a-f]{32}$")

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls(count=tally.count, xor=f"{tally.xor:032x}")
