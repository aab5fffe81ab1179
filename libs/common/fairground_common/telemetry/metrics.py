"""Numbers a process keeps about itself, for Prometheus to fetch from its own port.

Each is a plain number in a dictionary: counting is one look-up and one addition, without a lock, because everything
that counts runs on the event loop's thread, and so does the reading. Labels take values from a small set that the code
or the configuration knows (a route's template, never a path; never a user): each combination is kept for ever.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

Labels = tuple[str, ...]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds for what is usually done in milliseconds and given up after seconds."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of what a family says."""

    suffix: str
    labels: Sequence[tuple[str, str]]
    value: float


class Family:
    """A metric with its labels. Defined once, where the module that counts is loaded."""

    kind: ClassVar[str]

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        assert name not in _FAMILIES, f"{name} is defined twice"
        self.name = name
        self.meaning = meaning
        self.labels = labels
        _FAMILIES[name] = self

    def samples(self) -> Iterator[Sample]:
        """Return what is known now."""
        raise NotImplementedError

    def _named(self, values: Labels) -> tuple[tuple[str, str], ...]:
        return tuple(zip(self.labels, values, strict=True))


class Counter(Family):
    """A number that only grows, until the process ends."""

    kind = "counter"

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        super().__init__(name, meaning, *labels)
        self._values: dict[Labels, float] = {} if labels else {(): 0}

    def add(self, *labels: str, count: float = 1) -> None:
        self._values[labels] = self._values.get(labels, 0) + count

    def value(self, *labels: str) -> float:
        """Return how much it is now: for tests and for people, not for decisions."""
        return self._values.get(labels, 0)

    def samples(self) -> Iterator[Sample]:
        for labels, value in self._values.items():
            yield Sample("", self._named(labels), value)


class Gauge(Family):
    """A number that goes up and down: said by somebody from time to time, or read when it is asked for."""

    kind = "gauge"

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        super().__init__(name, meaning, *labels)
        self._values: dict[Labels, float] = {}
        self._readings: dict[Labels, Callable[[], float]] = {}

    def set(self, value: float, *labels: str) -> None:
        self._values[labels] = value

    def read(self, reading: Callable[[], float], *labels: str) -> None:
        """Ask somebody for the number whenever it is wanted: the last who said so."""
        self._readings[labels] = reading

    def value(self, *labels: str) -> float | None:
        """Return how much it is now; None when nobody knows."""
        return dict(self._known()).get(labels)

    def samples(self) -> Iterator[Sample]:
        for labels, value in self._known():
            yield Sample("", self._named(labels), value)

    def _known(self) -> Iterator[tuple[Labels, float]]:
        yield from self._values.items()
        for labels, reading in self._readings.items():
            yield labels, reading()


class Histogram(Family):
    """How often something was how large: as many counts as there are bounds, and the sum."""

    kind = "histogram"

    def __init__(self, name: str, meaning: str, *labels: str, bounds: Sequence[float] = SECONDS) -> None:
        super().__init__(name, meaning, *labels)
        self._bounds = bounds
        self._spreads: dict[Labels, _Spread] = {} if labels else {(): _Spread(len(bounds))}

    def observe(self, value: float, *labels: str) -> None:
        spread = self._spreads.get(labels)
        if spread is None:
            spread = self._spreads[labels] = _Spread(len(self._bounds))
        spread.counts[bisect_left(self._bounds, value)] += 1
        spread.sum += value

    def count(self, *labels: str) -> int:
        """Return how many values were observed: for tests and for people, not for decisions."""
        spread = self._spreads.get(labels)
        return 0 if spread is None else sum(spread.counts)

    def samples(self) -> Iterator[Sample]:
        for values, spread in self._spreads.items():
            labels, below = self._named(values), 0
            for bound, count in zip((*self._bounds, float("inf")), spread.counts, strict=True):
                below += count
                yield Sample("_bucket", (*labels, ("le", _number(bound))), below)
            yield Sample("_sum", labels, spread.sum)
            yield Sample("_count", labels, below)


class _Spread:
    __slots__ = ("counts", "sum")

    def __init__(self, bounds: int) -> None:
        self.counts = [0] * (bounds + 1)
        self.sum = 0.0


_FAMILIES: dict[str, Family] = {}

_BEFORE: list[Callable[[], Any]] = []


def families() -> list[Family]:
    """Return every metric of the modules that are loaded, by name."""
    return [_FAMILIES[name] for name in sorted(_FAMILIES)]


def before_reading(refresh: Callable[[], Any]) -> Callable[[], Any]:
    """Call a function before numbers are read: for those that come from the operating system."""
    _BEFORE.append(refresh)
    return refresh


def exposition() -> bytes:
    """Return everything this process knows about itself, in Prometheus' text format."""
    for refresh in _BEFORE:
        refresh()
    return "".join(map(_told, families())).encode()


MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def _told(family: Family) -> str:
    meaning = family.meaning.replace("\\", r"\\").replace("\n", r"\n")
    head = f"# HELP {family.name} {meaning}\n# TYPE {family.name} {family.kind}\n"
    return head + "".join(_line(family.name, sample) for sample in family.samples())


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in sample.labels)
    return f"{name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {_number(sample.value)}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else str(+value)  # a truth is 1 or 0
