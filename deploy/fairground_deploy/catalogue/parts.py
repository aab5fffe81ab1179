"""What the catalogues are written from: the product's packages."""

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PARTS: Mapping[str, str] = {
    "fairground_common": "Any part",
    "fairground_gateway": "Gateway",
    "fairground_auth": "Auth",
    "fairground_games": "Games",
    "fairground_seasonpass": "Season pass",
    "fairground_ranking": "Ranking",
}

_NOT_IMPORTED = {"__main__", "testing", "migrations"}


def import_all(*names: str) -> None:
    """Import packages with every module in them: a class is only found when its module is imported."""
    for name in names:
        module = importlib.import_module(name)
        inside = (found.name for found in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."))
        import_all(*(each for each in inside if each.rpartition(".")[2] not in _NOT_IMPORTED))


def part_of(found: type) -> str:
    """Return the package a class is of."""
    return found.__module__.partition(".")[0]
