"""What one version changes about another: its own fields, its outcomes, and the exact chance of each outcome.

Outcomes are the same when their keys are. Chances are those while nothing has run out: of the versions, not of the
moment's stock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fairground_games.games.game import Game
from fairground_games.games.outcome import Outcome, Version

_NOTHING_GONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ChangedOutcome:
    """An outcome both versions have, with the fields that differ."""

    key: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class ChanceChange:
    """The chance of an outcome in both versions; None where it cannot be met at all."""

    key: str
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference between two versions of a game."""

    version: int
    against: int
    changes: list[Change]
    added: list[Outcome]
    removed: list[Outcome]
    changed: list[ChangedOutcome]
    chances: list[ChanceChange]


def compare(game: Game, *, before: Version, after: Version) -> Comparison:
    """Return what ``after`` changes about ``before``."""
    old, new = _by_key(before), _by_key(after)
    in_both = [(old[key], new[key]) for key in new if key in old]
    return Comparison(
        version=after.number,
        against=before.number,
        changes=_changes(_head(before), _head(after)),
        added=[new[key] for key in new if key not in old],
        removed=[old[key] for key in old if key not in new],
        changed=[ChangedOutcome(was.key, _changes(_content(was), _content(now))) for was, now in in_both if was != now],
        chances=_chances(game, before, after),
    )


def _chances(game: Game, before: Version, after: Version) -> list[ChanceChange]:
    old, new = game.chances(before, _NOTHING_GONE), game.chances(after, _NOTHING_GONE)
    return [ChanceChange(key, old.get(key), new.get(key)) for key in dict.fromkeys((*new, *old))]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    return [Change(field, before[field], after[field]) for field in after if before[field] != after[field]]


def _by_key(version: Version) -> dict[str, Outcome]:
    return {outcome.key: outcome for outcome in version.outcomes}


def _head(version: Version) -> dict[str, Any]:
    return {"name": version.name, "max_daily": version.max_daily}


def _content(outcome: Outcome) -> dict[str, Any]:
    return {
        "position": outcome.position,
        "label": outcome.label,
        "reward": outcome.reward.as_json(),
        "weight": outcome.weight,
        "is_jackpot": outcome.is_jackpot,
        "is_active": outcome.is_active,
    }
