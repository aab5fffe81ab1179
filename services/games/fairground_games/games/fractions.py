"""Exact fractions as they are shown: reduced, with a percentage or a decimal number beside them for the eye."""

from fractions import Fraction
from typing import Self

from pydantic import BaseModel, Field

DECIMALS = 6


def percent_of(chance: Fraction) -> float:
    """Return a chance in percent, rounded half-even to 6 decimals."""
    return rounded(chance * 100)


def rounded(number: Fraction) -> float:
    """Return a number rounded half-even to 6 decimals."""
    return float(round(number, DECIMALS))


class ChanceFractionOut(BaseModel):
    """A chance. The fraction is exact and authoritative."""

    numerator: int
    denominator: int
    percent: float = Field(description="Rounded half-even to 6 decimals.")

    @classmethod
    def of(cls, chance: Fraction) -> Self:
        return cls(numerator=chance.numerator, denominator=chance.denominator, percent=percent_of(chance))


class NumberOut(BaseModel):
    """A number that is no integer. The fraction is exact and authoritative."""

    numerator: int
    denominator: int
    value: float = Field(description="Rounded half-even to 6 decimals.")

    @classmethod
    def of(cls, number: Fraction) -> Self:
        return cls(numerator=number.numerator, denominator=number.denominator, value=rounded(number))
