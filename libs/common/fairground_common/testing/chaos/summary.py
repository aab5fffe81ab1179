"""What a whole run of tests that break things came to: the numbers of every history, and how often it struck."""

from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from fairground_common.testing.chaos.checker import Numbers

NUMBERS, STRIKES = "numbers", "strikes"
"""Properties of a test: they travel from the worker that ran it."""

Property = tuple[str, object]


def as_property(history: Path, numbers: Numbers) -> list[object]:
    """Return a check's numbers as a test's property. They are of all that is in the history up to then."""
    return [str(history), *astuple(numbers)]


def in_all(properties: Iterable[Property]) -> str:
    """Add up the last numbers of each history, and the strikes of each test."""
    latest: dict[str, Numbers] = {}
    struck = 0
    for name, value in properties:
        if name == STRIKES and isinstance(value, int):
            struck += value
        elif name == NUMBERS and isinstance(value, list):
            history, *told = value
            numbers = Numbers(*told)
            latest[history] = max(latest.get(history, numbers), numbers, key=lambda each: each.attempted)
    total = sum(latest.values(), Numbers(0, 0, 0, 0, 0, 0))
    return f"in all: {total}; {struck} faults"
