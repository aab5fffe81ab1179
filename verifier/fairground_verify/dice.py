"""Dice: four numbers over six faces, two for the player, two for the dealer; the sums decide."""

from __future__ import annotations

from typing import Any

from fairground_verify.draws import Draws
from fairground_verify.receipt import Shape, check_fields
from fairground_verify.refusal import an_object, require
from fairground_verify.tables import Prize, prize_of

FACES = 6
DICE_EACH = 2
RESULTS = ("WIN", "DRAW", "LOSE")


def check_dice(receipt: dict[str, Any], config: dict[str, Any], draws: Draws | None) -> Prize:
    """Check the result against the faces, and the faces by the seeds if they are known. Raises Refusal."""
    rewards = an_object(config.get("rewards"), "config.rewards")
    require(sorted(rewards) == sorted(RESULTS), "config has not exactly one reward for each of WIN, DRAW and LOSE")
    outcome = receipt["outcome"]
    _check_shape(outcome)
    if draws is not None:
        _check_faces(outcome["user_dice"] + outcome["dealer_dice"], draws)
    result = result_of(outcome["user_dice"], outcome["dealer_dice"])
    require(outcome["outcome"] == result, f"these faces are a {result}, the receipt says {outcome['outcome']}")
    return prize_of(result, rewards[result])


def result_of(user_dice: list[int], dealer_dice: list[int]) -> str:
    """Return how a throw ends for the player."""
    user_sum, dealer_sum = sum(user_dice), sum(dealer_dice)
    if user_sum == dealer_sum:
        return "DRAW"
    return "WIN" if user_sum > dealer_sum else "LOSE"


def _check_shape(outcome: dict[str, Any]) -> None:
    dice = Shape("two faces from 1 to 6", _are_faces)
    result = Shape("WIN, DRAW or LOSE", lambda value: value in RESULTS)
    check_fields(outcome, {"user_dice": dice, "dealer_dice": dice, "outcome": result}, {}, "outcome.")


def _check_faces(faces: list[int], draws: Draws) -> None:
    drawn = [draws.number(index, FACES) + 1 for index in range(len(faces))]
    require(drawn == faces, f"the seeds give the faces {drawn}, the receipt says {faces}")


def _are_faces(value: Any) -> bool:
    return isinstance(value, list) and len(value) == DICE_EACH and all(_is_face(face) for face in value)


def _is_face(value: Any) -> bool:
    return type(value) is int and 1 <= value <= FACES
