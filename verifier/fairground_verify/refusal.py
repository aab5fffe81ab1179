"""How a check says no."""

import re
from typing import Any

_LONGEST_SHOWN = 80


class Refusal(Exception):
    """What was read does not hold; the text says what and why, for people."""


def require(holds: bool, reason: str) -> None:
    """Raise Refusal unless the claim holds."""
    if not holds:
        raise Refusal(reason)


def an_object(value: object, what: str) -> dict[str, Any]:
    """Return a JSON object. Raises Refusal when it is none."""
    if not isinstance(value, dict):
        raise Refusal(f"{what} is not an object")
    return value


def a_list(value: object, what: str) -> list[Any]:
    """Return a JSON list with something in it. Raises Refusal when it is none."""
    if not isinstance(value, list) or not value:
        raise Refusal(f"{what} is not a list with something in it")
    return value


def shown(value: object) -> str:
    """Return a value out of a receipt as a reason shows it: recognisable, and not too long."""
    return cut(repr(value))


def cut(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def one_line(text: str) -> str:
    """Return a text that stays on its line and does nothing to a terminal: what cannot be seen becomes an escape."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def matches(pattern: str, value: object) -> bool:
    """Return whether a value is a text that matches a pattern from end to end."""
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None
