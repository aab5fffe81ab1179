"""Lottery: a number over the prizes that can be had; while the prize hit proves to be gone, another over the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairground_verify.draws import Draws
from fairground_verify.receipt import Shape, check_fields
from fairground_verify.refusal import an_object, matches, require, shown
from fairground_verify.tables import Prize, prize_of, rows_of, weights_of


def check_lottery(receipt: dict[str, Any], config: dict[str, Any], draws: Draws | None) -> Prize:
    """Check every attempt, by the seeds if they are known, and that the last one is the outcome. Raises Refusal."""
    prizes = _prizes_of(config)
    check_fields(receipt["outcome"], {"key": _KEY}, {}, "outcome.")
    key = receipt["outcome"]["key"]
    weights = _drawable(prizes)
    _check_attempts(receipt["attempts"], weights, draws)
    last = receipt["attempts"][-1]
    require(key == last["hit"], f"the last attempt hit {shown(last['hit'])}, the receipt's outcome is {shown(key)}")
    prize = prize_of(prizes[key].get("label"), prizes[key].get("reward"))
    return prize._replace(said_gone=tuple(each for each in weights if each not in last["eligible"]))


def _prizes_of(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = rows_of(config, "prizes", {"key": _is_key, "is_active": lambda value: type(value) is bool})
    prizes = {row["key"]: row for row in rows}
    require(len(prizes) == len(rows), "config names a prize twice")
    weights_of([row for row in rows if row["is_active"]])
    return prizes


def _drawable(prizes: Mapping[str, dict[str, Any]]) -> dict[str, int]:
    """Return the weights a draw goes over while nothing has run out, in the configuration's order."""
    return {key: row["weight"] for key, row in prizes.items() if row["is_active"] and row["weight"] > 0}


def _check_attempts(attempts: list[Any], weights: Mapping[str, int], draws: Draws | None) -> None:
    """Check attempts one after the other. Raises Refusal.

    A hit that is followed by another attempt proved to be gone: the next attempt goes over the same prizes without
    it. Which had run out before the first attempt, a receipt can only say.
    """
    left: list[str] = []
    for index, attempt in enumerate(attempts):
        where = f"attempts[{index}]"
        _check_shape(attempt, index, where)
        if index == 0:
            _check_first(attempt["eligible"], weights)
        else:
            require(attempt["eligible"] == left, f"{where}.eligible is not the one before less the prize it hit")
        _check_hit(attempt, weights, draws, where)
        left = [key for key in attempt["eligible"] if key != attempt["hit"]]


def _check_shape(attempt: Any, index: int, where: str) -> None:
    shapes = {
        "draw": Shape(f"{index} (draws are counted from 0)", lambda value: type(value) is int and value == index),
        "eligible": Shape("a list of prize keys", lambda value: isinstance(value, list) and all(map(_is_key, value))),
        "hit": _KEY,
    }
    check_fields(an_object(attempt, where), shapes, {}, f"{where}.")


def _check_first(eligible: list[str], weights: Mapping[str, int]) -> None:
    """Check that a draw goes over active prizes with weight, in the configuration's order."""
    unknown = [key for key in eligible if key not in weights]
    require(not unknown, f"attempts[0].eligible has {shown(unknown)}, no active prizes with a weight above 0")
    named = set(eligible)
    in_order = [key for key in weights if key in named]
    require(eligible == in_order, "attempts[0].eligible is not in the order of config, each prize once")


def _check_hit(attempt: dict[str, Any], weights: Mapping[str, int], draws: Draws | None, where: str) -> None:
    eligible, hit = attempt["eligible"], attempt["hit"]
    require(hit in eligible, f"{where} hit {shown(hit)}, which was not eligible")
    if draws is not None:
        drawn = eligible[draws.choose(attempt["draw"], [weights[key] for key in eligible])]
        require(drawn == hit, f"the seeds give {shown(drawn)} in {where}, the receipt says {shown(hit)}")


def _is_key(value: Any) -> bool:
    return matches("[a-z0-9_-]{1,32}", value)


_KEY = Shape("a prize's key", _is_key)
