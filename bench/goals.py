"""What a run is asked for, and whether it got there. A goal is judged only where its loads have run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

USUAL = 64
"""Connections of every load that is not told for several numbers of them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table of goals."""

    name: str
    asked: str
    told: str
    met: bool


def judged(figures: Mapping[str, Any]) -> Iterator[Goal]:
    loads = {load["connections"]: load for load in figures.get("roulette", ())}
    if loads:
        yield from _of_roulette(loads)
    if loads and "pgbench" in figures:
        share = max(load["per_second"] for load in loads.values()) / figures["pgbench"]["round_trips"]
        yield Goal("of pgbench's plain round trips", "≥ 0.50", f"{share:.2f}", share >= 0.5)
    hot = [load for load in figures.get("games", ()) if "hot" in load["name"] and load["connections"] == USUAL]
    if hot and USUAL in loads:
        share = hot[0]["per_second"] / loads[USUAL]["per_second"]
        yield Goal("one hot prize, of roulette's rate", "≥ 70 %", f"{share:.0%}", share >= 0.7)
    if "open" in figures:
        pace = figures["open"]
        met = pace["p99"] <= 60 and pace["failed"] == 0
        yield Goal("p99 at 1,000 plays/s", "≤ 60 ms", f"{pace['p99']:.1f} ms", met)
    if "busy_play_to_xp" in figures:
        p99 = figures["busy_play_to_xp"]["p99"]
        yield Goal("play → XP at 1,000 plays/s, p99", "≤ 250 ms", f"{p99:.0f} ms", p99 <= 250)


def _of_roulette(loads: Mapping[int, Mapping[str, Any]]) -> Iterator[Goal]:
    best = max(load["per_second"] for load in loads.values())
    drained = max(load["drained_seconds"] for load in loads.values())
    most = max(loads)
    kept = loads[most]["per_second"] / best
    yield Goal("plays/s through the gateway", "≥ 2,000", f"{best:,.0f}", best >= 2000)
    yield Goal("backlog drained after each load", "≤ 2 s", f"{drained:.1f} s", drained <= 2)
    yield Goal(f"of the peak at {most} connections", "≥ 85 %", f"{kept:.0%}", kept >= 0.85)
