"""A fourth game, flipped by one value. Run as a module, this is the games API with a coin in it."""

# ruff: noqa: ARG002 - a coin needs little of what a game is told
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from fairground_common.contracts import RewardIn
from fairground_common.errors import Conflict, FieldError
from fairground_games.fairness.draws import Draws
from fairground_games.games import register
from fairground_games.games.game import Game, GameConfigIn, weighted_chances
from fairground_games.games.outcome import Attempt, Drawn, Outcome, Version


class InvalidCoinConfig(Conflict):
    """The coin's active configuration does not keep its rules."""

    code = "INVALID_COIN_CONFIG"
    advice = "Tell the operators."


class CoinConfigIn(GameConfigIn):
    HEADS: RewardIn
    TAILS: RewardIn


class Coin(Game):
    name: ClassVar[str] = "coin"
    feature_type: ClassVar[str] = "COIN"
    broken = InvalidCoinConfig
    config_model = CoinConfigIn

    def outcomes(self, config: CoinConfigIn) -> tuple[Outcome, ...]:
        return (Outcome("HEADS", 0, "Heads", config.HEADS, 1), Outcome("TAILS", 1, "Tails", config.TAILS, 1))

    def items(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        return {outcome.key: outcome.reward.as_json() for outcome in outcomes}

    def faults(self, outcomes: Sequence[Outcome]) -> list[FieldError]:
        return [] if len(outcomes) == 2 else [FieldError((), "a coin has two sides")]

    def draw(
        self, version: Version, draws: Draws, exhausted: frozenset[str], earlier: tuple[Attempt, ...] = ()
    ) -> Drawn:
        side = version.outcomes[draws.weighted(0, [1, 1])].key
        return Drawn(side, {"side": side}, side)

    def chances(self, version: Version, exhausted: frozenset[str]) -> dict[str, Fraction]:
        return weighted_chances(version.outcomes)

    def answer(self, outcome: Outcome, shown: dict[str, Any], unit: int | None) -> dict[str, Any]:
        return {"coin": shown}


if __name__ == "__main__":
    register(Coin())
    from fairground_games.__main__ import main

    main()
