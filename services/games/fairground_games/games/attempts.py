"""Draws of a game whose outcomes can run out: what they are made over, and how a play's row keeps them.

Kept is one bit for each outcome that was out of the question before the first attempt, and the places hit. An
attempt's hit is out of the question for the next one; all else follows from the version, so that a receipt stays
small however many prizes there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairground_games.games.outcome import Attempt, Outcome, Version


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """One draw as a receipt shows it."""

    draw: int
    eligible: list[str]
    """Keys it was made over, in the order in which weights are walked."""
    hit: str


def eligible(version: Version, exhausted: frozenset[str]) -> list[Outcome]:
    """Return the outcomes a draw is made over."""
    return [each for each in version.outcomes if each.is_active and each.weight and each.key not in exhausted]


def packed(version: Version, attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Return attempts as a play's row keeps them. There must be one at least."""
    out = sum(1 << place for place, each in enumerate(version.outcomes) if each.key in attempts[0].exhausted)
    places = {each.key: place for place, each in enumerate(version.outcomes)}
    return {"out": f"{out:x}", "hits": [places[attempt.hit] for attempt in attempts]}


def unpacked(version: Version, kept: Mapping[str, Any]) -> list[ShownAttempt]:
    """Return what a play's row keeps as a receipt shows it."""
    out = int(kept["out"], 16)
    exhausted = {each.key for place, each in enumerate(version.outcomes) if out >> place & 1}
    shown = []
    for draw, place in enumerate(kept["hits"]):
        hit = version.outcomes[place].key
        shown.append(ShownAttempt(draw, [each.key for each in eligible(version, frozenset(exhausted))], hit))
        exhausted.add(hit)
    return shown
