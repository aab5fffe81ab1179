"""What ``.importlinter`` cannot say about imports."""

from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from fairground_deploy import catalogue

SERVICES = ("fairground_auth", "fairground_games", "fairground_seasonpass", "fairground_ranking")
PACKAGES = ("fairground_common", "fairground_gateway", *SERVICES, "fairground_deploy")

OF_ITS_SLICE = {"models", "repository", "statements"}

NAMED_EXCEPTIONS: set[tuple[str, str]] = {
    # Scheduling a game's day needs to know that the game has an active version.
    ("fairground_games.features.repository", "fairground_games.configs.models"),
    # A play's first statement locks players and reads all that decides, in one round trip.
    ("fairground_games.plays.repository", "fairground_games.players.statements"),
    # The seed pair stands on the player's row, and a receipt is a play joined with the end of its pair.
    ("fairground_games.fairness.repository", "fairground_games.players.models"),
    ("fairground_games.fairness.repository", "fairground_games.plays.models"),
    ("fairground_games.fairness.usecases", "fairground_games.players.repository"),
    # A rebuild sees progress and the logs it is the sum of at one moment: in one statement.
    ("fairground_seasonpass.rebuild.repository", "fairground_seasonpass.rewards.models"),
    ("fairground_seasonpass.rebuild.repository", "fairground_seasonpass.stamps.models"),
    ("fairground_seasonpass.rebuild.repository", "fairground_seasonpass.xp.models"),
}


@pytest.fixture(scope="module")
def imports() -> list[tuple[str, str]]:
    """Return every (importer, imported) of our own modules."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return [
        (importer, imported)
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
    ]


def test_tables_and_sql_of_a_slice_are_its_own(imports: list[tuple[str, str]]) -> None:
    foreign = {
        (importer, imported)
        for importer, imported in imports
        if _last(imported) in OF_ITS_SLICE and imported.count(".") == 2 and _slice(importer) != _slice(imported)
    }
    assert foreign == NAMED_EXCEPTIONS


def test_what_runs_in_production_imports_nothing_made_for_tests(imports: list[tuple[str, str]]) -> None:
    deployed = [pair for pair in imports if not {"fairground_deploy", "testing"} & set(pair[0].split("."))]
    assert [pair for pair in deployed if "testing" in pair[1].split(".")] == []


def test_tables_are_core_tables_and_nobody_imports_the_orm() -> None:
    assert [str(path) for path in _sources() if "sqlalchemy.orm" in path.read_text()] == []


def _slice(module: str) -> str:
    return module.rpartition(".")[0]


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        for folder in catalogue.ROOT.glob(f"*/{package}"):
            yield from folder.rglob("*.py")
        for folder in catalogue.ROOT.glob(f"*/*/{package}"):
            yield from folder.rglob("*.py")
