"""docs/performance.md has its place for the figures of a run, and what is written there can be written again."""

import importlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
CPU = {"gateway": 150.0, "games": 200.0}


def a_load(connections: int, per_second: float, name: str = "roulette") -> dict[str, Any]:
    times = {"p50": 1.0, "p95": 2.0, "p99": 3.0, "slowest": 4.0}
    counts = {"connections": connections, "per_second": per_second, "refused": 0, "failed": 2}
    return {"name": name, "cpu_us": CPU, "drained_seconds": 0.2, **counts, **times}


def a_pace(per_second: int, name: str) -> dict[str, Any]:
    return {"name": name, "per_second": per_second, "failed": 3, "p50": 1.5, "p95": 2.5, "p99": 3.5, "slowest": 4.5}


FIGURES: dict[str, Any] = {
    "at": "2026-12-24",
    "cores": 2,
    "python": "3.11.7",
    "seconds": 8,
    "load_before": 0.1,
    "roulette": [a_load(1, 300), a_load(16, 1400), a_load(64, 2100), a_load(256, 1600)],
    "games": [a_load(1, 200, "lottery, one hot prize"), a_load(64, 1500, "lottery, one hot prize")],
    "game_paces": [a_pace(1000, "dice")],
    "pgbench": {"round_trips": 1250.0, "one_statement": 4200.0},
    "memory_bytes": {"gateway": 80_000_000, "games": 120_000_000},
}


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the module that writes the page; the bench is no package that is installed."""
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module("bench.report")


def test_figures_replace_figures_and_nothing_else(report: Any) -> None:
    page = (ROOT / report.PAGE).read_text()
    written = report.replaced(page, report.tables(FIGURES))
    assert report.replaced(written, "") == report.replaced(page, "")
    assert "| 64 | 2,100 | 1.0 ms | 2.0 ms | 3.0 ms | 4.0 ms | 2 | 0.2 s |" in written
    assert "| lottery, one hot prize | 64 | 1,500 | 1.0 ms | 2.0 ms | 3.0 ms | 4.0 ms | 2 |" in written
    assert "| dice | 1,000 | 1.5 ms | 2.5 ms | 3.5 ms | 4.5 ms | 3 |" in written
    assert "| pgbench, a play as round trips | 1,250 | 1.68 |" in written


def test_goals_are_judged_by_what_has_run(report: Any) -> None:
    told = {goal.name: goal.met for goal in report.goals.judged(FIGURES)}
    assert told == {
        "plays/s through the gateway": True,
        "backlog drained after each load": True,
        "of the peak at 256 connections": False,
        "of pgbench's plain round trips": True,
        "one hot prize, of roulette's rate": True,
    }


def test_a_chart_has_a_line_a_series_within_its_frame(report: Any) -> None:
    chart = ElementTree.fromstring(report.charts.lines("A & B", ["1", "16"], {"p50": [0.0, 30.0], "p99": [40.0, 7.5]}))  # noqa: S314 - our own
    drawn = [line.attrib["points"] for line in chart.iter("{http://www.w3.org/2000/svg}polyline")]
    charts = report.charts
    bottom = charts.HEIGHT - charts.BOTTOM
    assert len(drawn) == 2
    assert drawn[0].split()[0] == f"{charts.LEFT:.1f},{bottom:.1f}"
    assert drawn[1].split()[0] == f"{charts.LEFT:.1f},{charts.TOP:.1f}"
