"""Stock on the wire."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from fairground_games.stock.rules import MOST_UNITS, Stock


class RestockIn(BaseModel):
    """A change of stock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delta: int = Field(ge=-MOST_UNITS, le=MOST_UNITS, strict=True, description="Units to add; negative takes away.")

    @field_validator("delta")
    @classmethod
    def _something_changes(cls, delta: int) -> int:
        if delta == 0:
            raise ValueError("a delta of 0 changes nothing")
        return delta


class RestockedOut(BaseModel):
    left: int
    issued: int = Field(description="Units won so far.")


class StockOut(BaseModel):
    key: str
    left: int | None = Field(description="null: unlimited.")
    issued: int = Field(description="Units won so far; not counted for an unlimited prize.")

    @classmethod
    def of(cls, stock: Stock) -> Self:
        return cls(key=stock.key, left=stock.left, issued=stock.issued)


class StocksOut(BaseModel):
    items: list[StockOut]
    next_cursor: str | None
