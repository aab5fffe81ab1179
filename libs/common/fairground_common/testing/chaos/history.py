"""What clients asked for and what they were told, one JSON line an event, in the order it happened.

The form is that of Jepsen's histories, so that other checkers can read it: ``process`` is one client doing one thing
at a time, ``type`` is ``invoke``, then ``ok`` (it happened), ``fail`` (it did not, and never will under this key) or
``info`` (nobody knows: no answer, or one that says "come back"). An invoke without an end counts as ``info``.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["ok", "fail", "info"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line."""

    process: int
    type: Literal["invoke", "ok", "fail", "info"]
    f: str
    """What is asked for, such as the game."""
    user_id: int
    key: str | None
    """The idempotency key, None without one."""
    value: Any
    """What was told, None at an invoke."""
    t: float
    """Seconds of a clock that never runs backwards."""


@dataclass(frozen=True, slots=True)
class Told:
    """How one request of an attempt ended."""

    outcome: Outcome
    value: Any


@dataclass(frozen=True, slots=True)
class Attempt:
    """One intention of a user: every request under one key, or the one request without a key."""

    user_id: int
    f: str
    key: str | None
    told: Sequence[Told]

    @property
    def answers(self) -> list[Any]:
        """What each request that was answered ok was told."""
        return [told.value for told in self.told if told.outcome == "ok"]

    @property
    def last(self) -> Outcome:
        return self.told[-1].outcome

    @property
    def was_unknown(self) -> bool:
        return any(told.outcome == "info" for told in self.told)


class History:
    """Writes events to a file as they happen, so that they outlive whoever recorded them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", buffering=1, encoding="utf-8")
        self._processes = count()

    def invoke(self, f: str, user_id: int, key: str | None) -> "Asked":
        """Record that something is asked for; what comes of it is recorded with what this returns."""
        asked = Asked(self, next(self._processes), f, user_id, key)
        self.record(asked, "invoke", None)
        return asked

    def record(self, asked: "Asked", type_: Literal["invoke", "ok", "fail", "info"], value: Any) -> None:
        event = Event(asked.process, type_, asked.f, asked.user_id, asked.key, value, time.monotonic())
        self._file.write(json.dumps(asdict(event)) + "\n")

    def attempts(self) -> list[Attempt]:
        return attempts_of(self.events())

    def events(self) -> Iterator[Event]:
        """Read what has been recorded, this time or before."""
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                yield Event(**json.loads(line))

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under way."""

    history: History
    process: int
    f: str
    user_id: int
    key: str | None

    def ends(self, outcome: Outcome, value: Any = None) -> None:
        self.history.record(self, outcome, value)


def attempts_of(events: Iterable[Event]) -> list[Attempt]:
    """Put the requests that mean the same together, in the order in which each was first asked for."""
    asked: dict[int, Event] = {}
    ends: dict[int, Told] = {}
    for event in events:
        if event.type == "invoke":
            asked[event.process] = event
        else:
            # Requests under one key may end in any order; the order of their ends is what "last" means.
            ends[event.process] = Told(event.type, event.value)
    unfinished = {process: Told("info", None) for process in asked if process not in ends}
    together: dict[tuple[int, str, str | int], list[Told]] = {}
    first: dict[tuple[int, str, str | int], Event] = {}
    for event in asked.values():
        first.setdefault(_meaning(event), event)
    for process, told in (unfinished | ends).items():
        together.setdefault(_meaning(asked[process]), []).append(told)
    return [Attempt(event.user_id, event.f, event.key, together[meaning]) for meaning, event in first.items()]


def _meaning(event: Event) -> tuple[int, str, str | int]:
    return event.user_id, event.f, event.process if event.key is None else event.key
