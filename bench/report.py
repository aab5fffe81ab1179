"""``python -m bench.report``: the figures of the last ``make bench`` as tables and charts in docs/performance.md.

What stands between markers is written anew, from bench/results: latest.json of ``make bench``, and growth.json of
``python -m bench.growth`` at a place of its own. Where a run has left no file its figures stay; all else on the page is
written by hand.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import charts, goals
from bench.growth import ratios

RESULTS = Path("bench/results")
LATEST = RESULTS / "latest.json"
GROWTH = RESULTS / "growth.json"
PAGE = Path("docs/performance.md")
CHARTS = Path("docs/performance")
BENCH, GROWN = "make bench", "python -m bench.growth"
"""Whose figures stand between markers."""

Figures = Mapping[str, Any]
Row = Sequence[str]


def main() -> int:
    page = PAGE.read_text()
    if LATEST.is_file():
        page = replaced(page, _of_bench())
    if GROWTH.is_file():
        page = replaced(page, f"{ratios.tables(json.loads(GROWTH.read_text()))}\n", of=GROWN)
    PAGE.write_text(page)
    return 0


def _of_bench() -> str:
    figures = json.loads(LATEST.read_text())
    written = f"{_circumstances(figures)}\n\n{tables(figures)}\n"
    if "roulette" in figures:
        written += _charts(figures["roulette"])
    return written


def replaced(page: str, written: str, *, of: str = BENCH) -> str:
    """Return the page with other figures between a run's markers."""
    before, begin, rest = page.partition(f"<!-- figures of {of}: begin -->\n")
    _, end, after = rest.partition(f"<!-- figures of {of}: end -->\n")
    if not (begin and end):
        raise ValueError(f"{PAGE} has no place for figures of {of}")
    return f"{before}{begin}\n{written}\n{end}{after}"


def tables(figures: Figures) -> str:
    """Return all there is of one run, as Markdown."""
    return "\n\n".join(filter(None, (table(figures) for table in _TABLES)))


def _circumstances(figures: Figures) -> str:
    return (
        f"One run, {figures['at']}: {figures['cores']} virtual cores, Python {figures['python']},"
        f" {figures['seconds']} s a load; load average before it {figures['load_before']:.1f}."
    )


def _roulette(figures: Figures) -> str:
    rows = [
        [
            str(load["connections"]),
            f"{load['per_second']:,.0f}",
            *_latencies(load),
            str(load["refused"] + load["failed"]),
            f"{load['drained_seconds']:.1f} s",
        ]
        for load in figures.get("roulette", ())
    ]
    return _table(["connections", "plays/s", *_LATENCIES, "errors", "drained within"], rows)


def _others(figures: Figures) -> str:
    rows = [
        [
            load["name"],
            str(load["connections"]),
            f"{load['per_second']:,.0f}",
            *_latencies(load),
            str(load["refused"] + load["failed"]),
        ]
        for load in (*figures.get("games", ()), *figures.get("status", ()))
    ]
    return _table(["load", "connections", "a second", *_LATENCIES, "errors"], rows)


def _paces(figures: Figures) -> str:
    paces = [figures["open"]] if "open" in figures else []
    paces += [*figures.get("game_paces", ()), *figures.get("status_paces", ())]
    rows = [[each["name"], f"{each['per_second']:,}", *_latencies(each), str(each["failed"])] for each in paces]
    return _table(["at a fixed pace", "a second", *_LATENCIES, "errors"], rows)


def _costs(figures: Figures) -> str:
    usual = [load for load in figures.get("roulette", ()) if load["connections"] == goals.USUAL]
    memory = figures["memory_bytes"]
    rows = [
        [part, f"{usual[0]['cpu_us'].get(part, 0):.0f} µs" if usual else "", f"{size / 1e6:.0f} MB"]
        for part, size in memory.items()
    ]
    if usual:
        total = sum(usual[0]["cpu_us"].values())
        rows.append(["all", f"{total:.0f} µs", f"{sum(memory.values()) / 1e6:.0f} MB"])
    return _table(["process", f"CPU a play, {goals.USUAL} connections", "memory at the end"], rows)


def _visible(figures: Figures) -> str:
    found = {"nothing else": "idle_play_to_xp", "1,000 plays/s": "busy_play_to_xp"}
    rows = [
        [beside, str(seen["samples"]), *(f"{seen[name]:.0f} ms" for name in ("p50", "p99", "slowest"))]
        for beside, seen in ((beside, figures.get(name)) for beside, name in found.items())
        if seen
    ]
    return _table(["play → XP visible, beside", "samples", "p50", "p99", "slowest"], rows)


def _tokens(figures: Figures) -> str:
    rows = [
        [name, f"{seen['gateway_cpu_us']:.0f} µs", f"{seen['games_cpu_us']:.0f} µs", f"{seen['p50']:.1f} ms"]
        for name, seen in figures.get("tokens", {}).items()
    ]
    return _table(["token", "gateway, CPU a request", "games, CPU a request", "p50"], rows)


def _beside(figures: Figures) -> str:
    best = max((load["per_second"] for load in figures.get("roulette", ())), default=0.0)
    rates = {
        **{f"pgbench, a play as {name.replace('_', ' ')}": rate for name, rate in figures.get("pgbench", {}).items()},
        **{
            f"FastAPI + ORM, {name.replace('_', ' ')}": load["plays_per_second"]
            for name, load in figures.get("orm", {}).items()
        },
    }
    rows = [[name, f"{rate:,.0f}", f"{best / rate:.2f}" if best else ""] for name, rate in rates.items()]
    return _table(["beside it, 64 at once", "plays/s", "the product at its best, times that"], rows)


def _gateway(figures: Figures) -> str:
    rates = figures.get("gateway", {})
    rows = [[name, f"{rate:,.0f}", f"{rates['gateway'] / rate:.2f}"] for name, rate in rates.items()]
    return _table(["before the same upstream", "requests/s", "the gateway, times that"], rows)


def _goals(figures: Figures) -> str:
    rows = [[goal.name, goal.asked, goal.told, "yes" if goal.met else "no"] for goal in goals.judged(figures)]
    return _table(["goal", "asked", "this run", "met"], rows)


_TABLES = (_goals, _roulette, _others, _paces, _costs, _visible, _tokens, _beside, _gateway)
_LATENCIES = ("p50", "p95", "p99", "slowest")


def _latencies(load: Figures) -> list[str]:
    return [f"{load[name]:.1f} ms" for name in _LATENCIES]


def _table(head: Row, rows: Sequence[Row]) -> str:
    """Return a table, or nothing where nothing was measured."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _charts(loads: Sequence[Figures]) -> str:
    points = [str(load["connections"]) for load in loads]
    drawn = {
        "rate": charts.lines("plays/s over connections", points, {"plays/s": [load["per_second"] for load in loads]}),
        "latency": charts.lines(
            "ms over connections",
            points,
            {name: [load[name] for load in loads] for name in ("p50", "p95", "p99")},
        ),
    }
    CHARTS.mkdir(exist_ok=True)
    for name, chart in drawn.items():
        (CHARTS / f"{name}.svg").write_text(chart)
    return (
        f"\n![Plays a second over connections]({CHARTS.name}/rate.svg)\n"
        f"![Latency over connections]({CHARTS.name}/latency.svg)\n"
    )


if __name__ == "__main__":
    sys.exit(main())
