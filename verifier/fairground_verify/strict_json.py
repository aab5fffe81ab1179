"""JSON without second meanings.

Python's parser takes more than the standard allows or leaves open: of a key that stands twice the last wins, NaN
is a number, 1.0 equals 1. Two readers could then see two receipts in the same bytes, so all of that is refused.
Receipts and configurations hold no fractions; a number with one is refused too.
"""

import json
from typing import Any

from fairground_verify.refusal import Refusal, require, shown

LONGEST_NUMBER = 20
"""Digits of 2^64, the largest number the formula knows; longer ones only cost time."""


def decode(content: bytes, what: str) -> Any:
    """Return the document in bytes. Raises Refusal, which names ``what`` was read."""
    try:
        text = content.decode("utf-8-sig")  # editors on Windows put a mark in front; it means nothing
    except UnicodeDecodeError as error:
        raise Refusal(f"{what} is not UTF-8: byte {error.start} ({error.reason})") from None
    return parse(text, what)


def parse(text: str, what: str) -> Any:
    """Return the document in a text. Raises Refusal, which names ``what`` was read."""
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
        )
    except Refusal as refusal:
        raise Refusal(f"{what} is not acceptable JSON: {refusal}") from None
    except json.JSONDecodeError as error:
        raise Refusal(f"{what} is not JSON: {error.msg} at character {error.pos}") from None


def canonical(document: Any) -> str:
    """Return the canonical text: keys sorted, ``,`` and ``:`` without spaces, characters as they are."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def same(one: Any, other: Any) -> bool:
    """Return whether two documents are the same. For ``==``, true would be 1."""
    return canonical(one) == canonical(other)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        require(key not in found, f"the key {shown(key)} stands twice")
        found[key] = value
    return found


def _integer(digits: str) -> int:
    require(len(digits) <= LONGEST_NUMBER, f"a number has more than {LONGEST_NUMBER} digits")
    require(digits != "-0", "-0 is no way to write 0")
    return int(digits)


def _fraction(digits: str) -> int:
    raise Refusal(f"{shown(digits)} is not a whole number")


def _constant(name: str) -> int:
    raise Refusal(f"{name} is not a number")
