"""Roulette: six weighted segments, one of them hit."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from fairground_common.contracts import RewardIn
from fairground_common.errors import Conflict, FieldError
from fairground_games.fairness.draws import Draws
from fairground_games.games.game import Game, GameConfigIn, Label, Weight, weighted_chances
from fairground_games.games.outcome import Attempt, Drawn, Outcome, Version

SEGMENTS = 6


class InvalidRouletteConfig(Conflict):
    """The roulette's active configuration does not keep its rules."""

    code = "INVALID_ROULETTE_CONFIG"
    advice = "Tell the operators; no play is counted until a sound version is active."
    operators = "Activate a sound version of the roulette."


class SegmentIn(BaseModel):
    """One segment of the wheel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slot_index: int = Field(ge=0, lt=SEGMENTS, strict=True)
    label: str = Label
    reward: RewardIn
    weight: int = Weight
    is_jackpot: bool = Field(default=False, strict=True)


class RouletteConfigIn(GameConfigIn):
    """A wheel: exactly six segments with slot_index 0 to 5."""

    segments: list[SegmentIn] = Field(min_length=SEGMENTS, max_length=SEGMENTS)


class Roulette(Game):
    name: ClassVar[str] = "roulette"
    feature_type: ClassVar[str] = "ROULETTE"
    broken = InvalidRouletteConfig
    config_model = RouletteConfigIn

    def outcomes(self, config: RouletteConfigIn) -> tuple[Outcome, ...]:
        return tuple(
            Outcome(str(each.slot_index), each.slot_index, each.label, each.reward, each.weight, each.is_jackpot)
            for each in config.segments
        )

    def items(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        return {"segments": [_segment(each) | {"weight": each.weight} for each in outcomes]}

    def faults(self, outcomes: Sequence[Outcome]) -> list[FieldError]:
        faults = []
        if len(outcomes) != SEGMENTS:
            faults.append(FieldError(("segments",), f"a wheel has exactly {SEGMENTS} segments"))
        seen: set[int] = set()
        for index, outcome in enumerate(outcomes):
            if outcome.position in seen:
                faults.append(FieldError(("segments", index, "slot_index"), "this slot is taken"))
            seen.add(outcome.position)
        if sum(outcome.weight or 0 for outcome in outcomes) == 0:
            faults.append(FieldError(("segments",), "at least one weight must be above 0"))
        return faults

    def draw(
        self, version: Version, draws: Draws, exhausted: frozenset[str], earlier: tuple[Attempt, ...] = ()
    ) -> Drawn:
        del exhausted, earlier
        hit = version.outcomes[draws.weighted(0, [outcome.weight or 0 for outcome in version.outcomes])]
        return Drawn(hit.key, {"slot_index": hit.position}, self.said(hit))

    def said(self, outcome: Outcome) -> str:
        return "JACKPOT" if outcome.is_jackpot else "HIT"

    def chances(self, version: Version, exhausted: frozenset[str]) -> dict[str, Fraction]:
        del exhausted
        return weighted_chances(version.outcomes)

    def answer(self, outcome: Outcome, shown: dict[str, Any], unit: int | None) -> dict[str, Any]:
        del shown, unit
        return {"segment": {"slot_index": outcome.position, "label": outcome.label, "is_jackpot": outcome.is_jackpot}}

    def status(self, version: Version, exhausted: frozenset[str]) -> dict[str, Any]:
        del exhausted
        return {"segments": [_segment(outcome) for outcome in version.outcomes]}


def _segment(outcome: Outcome) -> dict[str, Any]:
    return {
        "slot_index": outcome.position,
        "label": outcome.label,
        "reward": outcome.reward.as_json(),
        "is_jackpot": outcome.is_jackpot,
    }
