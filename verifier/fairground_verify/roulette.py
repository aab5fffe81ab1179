"""Roulette: one number over the weights of six segments, walked in the order of their slots."""

from __future__ import annotations

from typing import Any

from fairground_verify.draws import Draws
from fairground_verify.receipt import Shape, check_fields
from fairground_verify.refusal import require
from fairground_verify.tables import Prize, prize_of, rows_of, weights_of

SEGMENTS = 6


def check_roulette(receipt: dict[str, Any], config: dict[str, Any], draws: Draws | None) -> Prize:
    """Check the slot, by the seeds if they are known. Returns what it pays. Raises Refusal."""
    segments = _in_slot_order(config)
    weights = weights_of(segments)
    check_fields(receipt["outcome"], {"slot_index": Shape("a slot from 0 to 5", _is_slot)}, {}, "outcome.")
    slot = receipt["outcome"]["slot_index"]
    require(weights[slot] > 0, f"the outcome is slot {slot}, whose weight is 0")
    if draws is not None:
        drawn = draws.choose(0, weights)
        require(drawn == slot, f"the seeds give slot {drawn}, the receipt says {slot}")
    return prize_of(segments[slot].get("label"), segments[slot].get("reward"))


def _in_slot_order(config: dict[str, Any]) -> list[dict[str, Any]]:
    segments = rows_of(config, "segments", {"slot_index": _is_slot})
    segments = sorted(segments, key=lambda segment: int(segment["slot_index"]))
    slots = [segment["slot_index"] for segment in segments]
    require(slots == list(range(SEGMENTS)), "config has not exactly one segment for each slot from 0 to 5")
    return segments


def _is_slot(value: Any) -> bool:
    return type(value) is int and 0 <= value < SEGMENTS
