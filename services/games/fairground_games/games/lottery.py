"""Lottery: weighted prizes, some of which run out.

A draw goes over the active prizes with weight that are not known to be exhausted. When the unit cannot be taken
after all, that prize leaves and the draw is repeated with the next draw index: exactly the renormalised odds.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from fairground_common.contracts import RewardIn
from fairground_common.errors import Conflict, FieldError
from fairground_games.fairness.draws import Draws
from fairground_games.games.attempts import eligible
from fairground_games.games.game import Game, GameConfigIn, Label, Weight, weighted_chances
from fairground_games.games.outcome import PRIZE_KEY, Attempt, Drawn, OpeningStock, Outcome, Version


class InvalidLotteryConfig(Conflict):
    """The lottery's active configuration does not keep its rules."""

    code = "INVALID_LOTTERY_CONFIG"
    advice = "Tell the operators; no play is counted until a sound version is active."
    operators = "Activate a sound version of the lottery."


class PrizeIn(BaseModel):
    """One prize. ``stock`` opens a key that is new; for a known key it is refused (restock instead)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=PRIZE_KEY)
    label: str = Label
    reward: RewardIn
    weight: int = Weight
    stock: int | None = Field(None, ge=0, le=10**12, strict=True)
    """Opening stock; absent or null = unlimited."""
    is_active: bool = Field(default=True, strict=True)


class LotteryConfigIn(GameConfigIn):
    """A lottery: prizes in the order their weights are walked."""

    prizes: list[PrizeIn] = Field(min_length=1, max_length=1000)


class Lottery(Game):
    name: ClassVar[str] = "lottery"
    feature_type: ClassVar[str] = "LOTTERY"
    broken = InvalidLotteryConfig
    config_model = LotteryConfigIn
    has_stock: ClassVar[bool] = True
    depletion_rule: ClassVar[str] = (
        "A prize whose last unit is gone leaves the draw: its chance becomes 0 and the others' chances grow in"
        " proportion to their weights, from the next draw on. Odds shown here are those of this moment's stock."
    )

    def outcomes(self, config: LotteryConfigIn) -> tuple[Outcome, ...]:
        return tuple(
            Outcome(each.key, position, each.label, each.reward, each.weight, is_active=each.is_active)
            for position, each in enumerate(config.prizes)
        )

    def items(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        return {"prizes": [_prize(each) | {"weight": each.weight, "is_active": each.is_active} for each in outcomes]}

    def faults(self, outcomes: Sequence[Outcome]) -> list[FieldError]:
        faults = []
        seen: set[str] = set()
        for index, outcome in enumerate(outcomes):
            if outcome.key in seen:
                faults.append(FieldError(("prizes", index, "key"), "this key is taken"))
            seen.add(outcome.key)
        if sum(outcome.weight or 0 for outcome in outcomes if outcome.is_active) == 0:
            faults.append(FieldError(("prizes",), "at least one active prize must have a weight above 0"))
        return faults

    def opening_stocks(self, config: LotteryConfigIn) -> tuple[OpeningStock, ...]:
        return tuple(
            OpeningStock(prize.key, prize.stock, ("prizes", index, "stock"))
            for index, prize in enumerate(config.prizes)
        )

    def draw(
        self, version: Version, draws: Draws, exhausted: frozenset[str], earlier: tuple[Attempt, ...] = ()
    ) -> Drawn | None:
        prizes = eligible(version, exhausted)
        if not prizes:
            return None
        index = len(earlier)
        hit = prizes[draws.weighted(index, [prize.weight or 0 for prize in prizes])]
        out = tuple(prize.key for prize in eligible(version, frozenset()) if prize.key in exhausted)
        return Drawn(hit.key, {"key": hit.key}, hit.key, (*earlier, Attempt(index, out, hit.key)))

    def chances(self, version: Version, exhausted: frozenset[str]) -> dict[str, Fraction]:
        """Return the chances of the active prizes; a depleted one stays listed with chance 0."""
        active = [prize for prize in version.outcomes if prize.is_active]
        chances = weighted_chances([prize for prize in active if prize.key not in exhausted])
        return {prize.key: chances.get(prize.key, Fraction(0)) for prize in active}

    def answer(self, outcome: Outcome, shown: dict[str, Any], unit: int | None) -> dict[str, Any]:
        del shown
        prize: dict[str, Any] = {"key": outcome.key, "label": outcome.label}
        return {"prize": prize if unit is None else prize | {"unit": unit}}

    def status(self, version: Version, exhausted: frozenset[str]) -> dict[str, Any]:
        active = [prize for prize in version.outcomes if prize.is_active]
        return {"prizes": [_prize(prize) | {"depleted": prize.key in exhausted} for prize in active]}


def _prize(outcome: Outcome) -> dict[str, Any]:
    return {"key": outcome.key, "label": outcome.label, "reward": outcome.reward.as_json()}
