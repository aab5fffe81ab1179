"""What games' configurations have in common: rows with weights, labels and rewards."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fairground_verify.draws import WORDS
from fairground_verify.refusal import Refusal, a_list, an_object, require


class Prize(NamedTuple):
    """What an outcome pays, by the configuration."""

    label: str
    reward: dict[str, Any]
    said_gone: tuple[str, ...] = ()
    """Prizes the last draw left out because, so the receipt says, no unit was left."""


def rows_of(config: dict[str, Any], name: str, checks: Mapping[str, Callable[[Any], bool]]) -> list[dict[str, Any]]:
    """Return a configuration's rows; each has a weight and the fields of ``checks``. Raises Refusal."""
    rows = a_list(config.get(name), f"config.{name}")
    for index, row in enumerate(rows):
        an_object(row, f"config.{name}[{index}]")
        for field, fits in {**checks, "weight": _is_weight}.items():
            require(fits(row.get(field)), f"config.{name}[{index}].{field} is missing or unusable")
    return rows


def weights_of(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Return rows' weights, of which a number can be drawn. Raises Refusal."""
    weights = [row["weight"] for row in rows]
    require(0 < sum(weights) <= WORDS, "the weights in config do not add up to something from 1 to 2^64")
    return weights


def prize_of(label: object, reward: object) -> Prize:
    """Return what an outcome pays. Raises Refusal."""
    if not isinstance(label, str):
        raise Refusal("config has no label for this outcome")
    return Prize(label, an_object(reward, "config's reward for this outcome"))


def _is_weight(value: Any) -> bool:
    return type(value) is int and value >= 0
