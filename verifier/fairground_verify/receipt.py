"""The receipt: which fields it has and what each must look like. Anything else is refused."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fairground_verify.refusal import Refusal, an_object, matches, require, shown

GAMES = ("roulette", "dice", "lottery")
_LARGEST_COUNT = 2**63 - 1
_LARGEST_VERSION = 2**31 - 1
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"

UNPROVEN = ("play_id", "day", "created_at", "config_version", "client_seed_source", "unit")
"""Fields that are only looked at for their shape: no draw depends on them, so no receipt can prove them.

With a published configuration beside it, ``config_version`` is proven too.
"""


class Shape(NamedTuple):
    """What a field must be, in words and as a check."""

    words: str
    fits: Callable[[Any], bool]


def _whole(lowest: int, highest: int) -> Shape:
    return Shape(
        f"a whole number from {lowest} to {highest}", lambda value: type(value) is int and lowest <= value <= highest
    )


def _text(words: str, pattern: str) -> Shape:
    return Shape(words, lambda value: matches(pattern, value))


def _is_day(value: Any) -> bool:
    return matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) and _exists(value, "%Y-%m-%d")


def _is_moment(value: Any) -> bool:
    return matches(_MOMENT, value) and _exists(value[:19], "%Y-%m-%dT%H:%M:%S")


def _exists(value: str, layout: str) -> bool:
    try:
        datetime.datetime.strptime(value, layout)  # noqa: DTZ007 - only whether the calendar has it
    except ValueError:
        return False
    return True


_HASH = _text("64 lowercase hex digits", "[0-9a-f]{64}")
_GAME = Shape(f"one of {', '.join(GAMES)}", lambda value: value in GAMES)
_OBJECT = Shape("an object", lambda value: isinstance(value, dict))

ALWAYS: Mapping[str, Shape] = {
    "play_id": _text("a lowercase UUID", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "game": _GAME,
    "day": Shape("a date YYYY-MM-DD", _is_day),
    "created_at": Shape("a moment with its offset from UTC", _is_moment),
    "config_version": _whole(1, _LARGEST_VERSION),
    "config_sha256": _HASH,
    "commitment": _HASH,
    "client_seed": _text("1 to 64 of A-Z, a-z, 0-9, _ and -", "[A-Za-z0-9_-]{1,64}"),
    "client_seed_source": Shape("default or player", lambda value: value in ("default", "player")),
    "nonce": _whole(0, _LARGEST_COUNT),
    "outcome": _OBJECT,
    "reward": _OBJECT,
}
SOMETIMES: Mapping[str, Shape] = {
    "config": Shape("a text", lambda value: isinstance(value, str)),
    "server_seed": _HASH,
}
LOTTERY_ALWAYS: Mapping[str, Shape] = {
    "attempts": Shape("a list with an attempt at least", lambda value: isinstance(value, list) and len(value) > 0),
}
LOTTERY_SOMETIMES: Mapping[str, Shape] = {"unit": _whole(1, _LARGEST_COUNT)}


def check_receipt(document: Any) -> dict[str, Any]:
    """Return a receipt whose fields have the right names and shapes. Raises Refusal."""
    receipt = an_object(document, "the receipt")
    require("game" in receipt, "the field game is missing")  # which other fields there are depends on it
    require(_GAME.fits(receipt["game"]), f"game is {shown(receipt['game'])}, not {_GAME.words}")
    if receipt["game"] == "lottery":
        check_fields(receipt, {**ALWAYS, **LOTTERY_ALWAYS}, {**SOMETIMES, **LOTTERY_SOMETIMES}, "")
    else:
        check_fields(receipt, ALWAYS, SOMETIMES, "")
    return receipt


def check_fields(document: Any, required: Mapping[str, Shape], optional: Mapping[str, Shape], where: str) -> None:
    """Check an object whose place in the receipt is ``where``. Raises Refusal."""
    for name in required:
        require(name in document, f"the field {where}{name} is missing")
    for name, value in document.items():
        shape = required.get(name) or optional.get(name)
        if shape is None:
            raise Refusal(f"there is no field {where}{shown(name)} in a receipt of this kind")
        require(shape.fits(value), f"{where}{name} is {shown(value)}, not {shape.words}")
