"""Simulations on the wire."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from fairground_common.contracts.reward import RewardType
from fairground_games.games.fractions import NumberOut
from fairground_games.games.payouts import PAID_TYPES, Payout
from fairground_games.simulation.rules import paid_by
from fairground_games.simulation.run import End, Job, Simulated

MOST_PLAYS = 1_000_000

METHOD = (
    "Expected flow: each outcome goes out at exactly its expected rate, a limited prize until its stock is gone, then"
    " the others' rates are renormalised. Exact where `exact` says so; else its relative error falls with the square"
    " root of the stock."
)


class SimulateIn(BaseModel):
    """What is to be simulated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plays: int = Field(10_000, ge=1, le=MOST_PLAYS, strict=True)
    budget_per_play: Decimal | None = Field(
        None,
        ge=0,
        max_digits=16,
        decimal_places=6,
        description="Points a play may pay in the mean; absent, the setting GAMES_POINT_BUDGET_PER_PLAY.",
    )


class PerPlayOut(BaseModel):
    """One play, while nothing has run out: exact."""

    type: RewardType
    mean: NumberOut = Field(description="Points, XP, or pieces.")
    variance: NumberOut

    @classmethod
    def of(cls, reward_type: RewardType, payout: Payout) -> Self:
        return cls(type=reward_type, mean=NumberOut.of(payout.mean), variance=NumberOut.of(payout.variance))


class PaidOut(BaseModel):
    type: RewardType
    amount: NumberOut


class ExpectedOut(BaseModel):
    """All plays together, begun with the stock of this moment."""

    method: str
    exact: bool
    plays: NumberOut = Field(description="Plays that can be made: fewer than asked for when everything sells out.")
    paid: list[PaidOut]


class StockOut(BaseModel):
    """A limited prize with a weight."""

    key: str
    left: int
    gone_after: NumberOut = Field(description="Expected plays until nothing is left.")


class HitOut(BaseModel):
    key: str
    hits: int
    expected: NumberOut = Field(description="Of all plays asked for, by the method named above.")


class DrawnOut(BaseModel):
    """Plays drawn by the production draw function, under a seed of this run's own."""

    plays: int
    end: End = Field(description="`time_limit`: fewer plays than asked for were drawn; they are a fair sample.")
    outcomes: list[HitOut]
    paid: list[PaidOut]


class BudgetOut(BaseModel):
    per_play: NumberOut
    expected: NumberOut = Field(description="Points a play pays in the mean.")
    within: bool = Field(description="false: activation is refused under a budget like this.")

    @classmethod
    def of(cls, budget: Fraction, expected: Fraction) -> Self:
        return cls(per_play=NumberOut.of(budget), expected=NumberOut.of(expected), within=expected <= budget)


class SimulatedOut(BaseModel):
    version: int
    plays: int
    per_play: list[PerPlayOut]
    expected: ExpectedOut
    stock: list[StockOut]
    drawn: DrawnOut
    budget: BudgetOut | None = Field(description="null: no budget is set or given.")

    @classmethod
    def of(cls, job: Job, found: Simulated, budget: Fraction | None) -> Self:
        return cls(
            version=job.version.number,
            plays=job.plays,
            per_play=[PerPlayOut.of(each, found.per_play[each]) for each in PAID_TYPES],
            expected=_expected(job, found),
            stock=[
                StockOut(key=key, left=job.left[key], gone_after=NumberOut.of(plays))
                for key, plays in found.flow.gone_after.items()
            ],
            drawn=_drawn(job, found),
            budget=None if budget is None else BudgetOut.of(budget, found.per_play["POINT"].mean),
        )


def _expected(job: Job, found: Simulated) -> ExpectedOut:
    flow = found.flow
    return ExpectedOut(
        method=METHOD,
        exact=flow.is_exact,
        plays=NumberOut.of(flow.plays),
        paid=_paid(paid_by(job.version, flow.issued)),
    )


def _drawn(job: Job, found: Simulated) -> DrawnOut:
    run = found.run
    outcomes = [
        HitOut(key=key, hits=run.hits.get(key, 0), expected=NumberOut.of(expected))
        for key, expected in found.flow.issued.items()
    ]
    return DrawnOut(plays=run.plays, end=run.end, outcomes=outcomes, paid=_paid(paid_by(job.version, run.hits)))


def _paid(amounts: Mapping[RewardType, Fraction]) -> list[PaidOut]:
    return [PaidOut(type=each, amount=NumberOut.of(amount)) for each, amount in amounts.items()]
