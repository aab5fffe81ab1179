"""The bench that fills tables writes to a server of its own only, and judges by what became slower."""

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def growth(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the modules of the bench, which is no package that is installed."""
    monkeypatch.syspath_prepend(ROOT)
    names = ("filling", "ratios")
    return SimpleNamespace(**{name: importlib.import_module(f"bench.growth.{name}") for name in names})


def a_side(**deviations: float) -> dict[str, float]:
    return {"per_second": 1000.0, "p99": 80.0, "cpu": 700.0, "postgres": 150.0} | deviations


def figures(**filled: float) -> dict[str, Any]:
    size = {"plays": 2_000_000, "players": 200_000, "days": 30, "bytes": 4e9, "seconds": 480.0}
    run = {"at": "2026-12-24", "cores": 2, "seconds": 6, "rounds": 3, "load_before": 0.1}
    return {**run, "filled": size, "loads": [{"name": "dice", "small": a_side(), "filled": a_side(**filled)}]}


async def test_a_server_that_is_given_is_not_written_to(growth: Any) -> None:
    given = SimpleNamespace(parts=SimpleNamespace(postgres=None), databases=None)
    with pytest.raises(growth.filling.NotPrivate):
        await growth.filling.fill(given, None, 10)


async def test_a_server_whose_data_lie_elsewhere_is_not_written_to(growth: Any, postgres: str, tmp_path: Path) -> None:
    server = SimpleNamespace(url=postgres, port=urlsplit(postgres).port)
    databases = SimpleNamespace(services=dict.fromkeys(growth.filling.TABLES, SimpleNamespace(owner_url=postgres)))
    product = SimpleNamespace(
        parts=SimpleNamespace(postgres=server), databases=databases, data=SimpleNamespace(root=tmp_path)
    )
    with pytest.raises(growth.filling.NotPrivate, match="data lie in"):
        await growth.filling.fill(product, None, 10)


def test_a_disk_that_is_too_small_is_told_before(growth: Any, tmp_path: Path) -> None:
    growth.filling.require_room(tmp_path, 1)
    with pytest.raises(growth.filling.NoRoom):
        growth.filling.require_room(tmp_path, 10**15)


@pytest.mark.parametrize(
    ("filled", "met"),
    [({}, True), ({"per_second": 850.0}, True), ({"per_second": 800.0}, False), ({"cpu": 900.0}, False)],
)
def test_a_fifth_slower_or_dearer_is_too_much(growth: Any, filled: dict[str, float], met: bool) -> None:
    judged = figures(**filled)
    assert growth.ratios.all_met(judged) is met
    assert growth.ratios.tables(judged).endswith("| yes |" if met else "| no |")
