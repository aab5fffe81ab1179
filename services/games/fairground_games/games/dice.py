"""Dice: the player's two against the dealer's two. The faces are drawn; who wins follows from them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from fairground_common.contracts import RewardIn
from fairground_common.errors import Conflict, FieldError
from fairground_games.fairness.draws import Draws
from fairground_games.games.game import Game, GameConfigIn
from fairground_games.games.outcome import Attempt, Drawn, Outcome, Version

FACES = 6
Result = Literal["WIN", "DRAW", "LOSE"]
RESULTS: tuple[Result, ...] = ("WIN", "DRAW", "LOSE")

CHANCES: dict[str, Fraction] = {"WIN": Fraction(575, 1296), "DRAW": Fraction(146, 1296), "LOSE": Fraction(575, 1296)}
"""Of the 6^4 = 1296 equally likely throws, 146 give both sides the same sum; the rest is symmetric."""


class InvalidDiceConfig(Conflict):
    """The dice game's active configuration does not keep its rules."""

    code = "INVALID_DICE_CONFIG"
    advice = "Tell the operators; no play is counted until a sound version is active."
    operators = "Activate a sound version of the dice."


class DiceRewardsIn(BaseModel):
    """What each result pays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    WIN: RewardIn
    DRAW: RewardIn
    LOSE: RewardIn


class DiceConfigIn(GameConfigIn):
    """A dice game: one reward for each result."""

    rewards: DiceRewardsIn


class Dice(Game):
    name: ClassVar[str] = "dice"
    feature_type: ClassVar[str] = "DICE"
    broken = InvalidDiceConfig
    config_model = DiceConfigIn

    def outcomes(self, config: DiceConfigIn) -> tuple[Outcome, ...]:
        return tuple(
            Outcome(result, position, result, getattr(config.rewards, result))
            for position, result in enumerate(RESULTS)
        )

    def items(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        return {"rewards": {outcome.key: outcome.reward.as_json() for outcome in outcomes}}

    def faults(self, outcomes: Sequence[Outcome]) -> list[FieldError]:
        missing = set(RESULTS) - {outcome.key for outcome in outcomes}
        return [FieldError(("rewards", result), "a reward is missing") for result in sorted(missing)]

    def draw(
        self, version: Version, draws: Draws, exhausted: frozenset[str], earlier: tuple[Attempt, ...] = ()
    ) -> Drawn:
        del version, exhausted, earlier
        faces = [draws.value(index, FACES) + 1 for index in range(4)]
        result = judge(sum(faces[:2]), sum(faces[2:]))
        return Drawn(result, {"user_dice": faces[:2], "dealer_dice": faces[2:], "outcome": result}, result)

    def chances(self, version: Version, exhausted: frozenset[str]) -> dict[str, Fraction]:
        del version, exhausted
        return dict(CHANCES)

    def answer(self, outcome: Outcome, shown: dict[str, Any], unit: int | None) -> dict[str, Any]:
        del outcome, unit
        sums = {"user_sum": sum(shown["user_dice"]), "dealer_sum": sum(shown["dealer_dice"])}
        return {"game": shown | sums}


def judge(user_sum: int, dealer_sum: int) -> Result:
    """Return how a throw ends for the player."""
    if user_sum == dealer_sum:
        return "DRAW"
    return "WIN" if user_sum > dealer_sum else "LOSE"
