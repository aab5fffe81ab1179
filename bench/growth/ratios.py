"""What became slower: the same load on small and on filled tables, as a table of ratios."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 1.2
"""Of what a request takes on small tables."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one product did under a load: the best of its rounds, figure by figure."""

    per_second: float
    p99: float
    cpu: float
    """Microseconds of all processes for one answer."""
    postgres: float
    """PostgreSQL's share of it."""

    @classmethod
    def of(cls, rounds: Sequence[Mapping[str, Any]]) -> "Side":
        return cls(
            max(each["per_second"] for each in rounds),
            min(each["p99"] for each in rounds),
            min(sum(each["cpu_us"].values()) for each in rounds),
            min(each["cpu_us"].get("postgres", 0.0) for each in rounds),
        )


@dataclass(frozen=True, slots=True)
class Ratio:
    """One load on both."""

    name: str
    small: Side
    filled: Side

    @property
    def time(self) -> float:
        """How many times as long a request takes on filled tables, at the same number of connections."""
        return self.small.per_second / self.filled.per_second

    @property
    def cpu(self) -> float:
        return self.filled.cpu / self.small.cpu

    @property
    def met(self) -> bool:
        return self.time <= MOST and self.cpu <= MOST


def tables(figures: Mapping[str, Any]) -> str:
    """Return a run as Markdown: what it was, and each load."""
    head = (
        "small → filled, 64 connections",
        "a second",
        "time",
        "p99",
        "CPU a request",
        "CPU",
        "of it PostgreSQL",
        "met",
    )
    lines = [head, ["---"] * len(head), *map(_cells, _ratios(figures))]
    return "\n".join([_circumstances(figures), "", *(f"| {' | '.join(cells)} |" for cells in lines)])


def _circumstances(figures: Mapping[str, Any]) -> str:
    filled = figures["filled"]
    return (
        f"One run, {figures['at']}: {filled['plays']:,} plays of {filled['players']:,} players in {filled['days']} days"
        f", beside an empty product. {figures['cores']} virtual cores, {figures['seconds']} s a load, the better of"
        f" {figures['rounds']} rounds; load average before it {figures['load_before']:.1f}. Filled within"
        f" {filled['seconds'] / 60:.0f} minutes; the databases hold {filled['bytes'] / 1e9:.1f} GB,"
        f" {filled['bytes'] / filled['plays'] / 1e3:.1f} KB a play."
    )


def _ratios(figures: Mapping[str, Any]) -> Iterator[Ratio]:
    return (Ratio(each["name"], Side(**each["small"]), Side(**each["filled"])) for each in figures["loads"])


def all_met(figures: Mapping[str, Any]) -> bool:
    return all(ratio.met for ratio in _ratios(figures))


def _cells(ratio: Ratio) -> Sequence[str]:
    small, filled = ratio.small, ratio.filled
    return (
        ratio.name,
        f"{small.per_second:,.0f} → {filled.per_second:,.0f}",
        f"{ratio.time:.2f}",
        f"{small.p99:,.0f} → {filled.p99:,.0f} ms",
        f"{small.cpu:,.0f} → {filled.cpu:,.0f} µs",
        f"{ratio.cpu:.2f}",
        f"{small.postgres:,.0f} → {filled.postgres:,.0f} µs",
        "yes" if ratio.met else "no",
    )
