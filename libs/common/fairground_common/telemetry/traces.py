"""Spans for OpenTelemetry: who did what for a request, how long, and because of whom.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; then nothing of OpenTelemetry is imported, and a span costs one
comparison. On, its own variables (OTEL_*) say where spans go and how many. What travels between processes is a
``traceparent``: in headers, on the play, in the event's envelope. A span takes it from there, and gives its own on.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fairground_common.exits import EXIT_BAD_SETTING, refuse

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

SERVER, PRODUCER, CONSUMER = "SERVER", "PRODUCER", "CONSUMER"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that is being done. ``traceparent`` names it to whatever it causes."""

    traceparent: str
    _ended: Callable[[str, bool], None]

    def end(self, name: str, *, failed: bool = False) -> None:
        """It is done; what it was is often known only now."""
        self._ended(name, failed)


Begin = Callable[[str | None, str], Span]

_begin: Begin | None = None


def configure_traces(service: str) -> None:
    """Turn spans on where the environment names a collector. Called once, in an entry point."""
    if not os.environ.get(ENDPOINT):
        return
    try:
        from fairground_common.telemetry import opentelemetry
    except ModuleNotFoundError as missing:
        refuse(EXIT_BAD_SETTING, f"bad setting {ENDPOINT}: {missing.name} is not installed (requirements-traces.txt)")
    turn_on(opentelemetry.exporting(service))


def turn_on(begin: Begin | None) -> None:
    """Have spans begin this way; None turns them off."""
    global _begin  # noqa: PLW0603 - one process, one way
    _begin = begin


def on() -> bool:
    """Tell whether anybody wants spans."""
    return _begin is not None


def begin(parent: str | None, kind: str) -> Span | None:
    """Begin a span under a parent's traceparent, or a trace of its own. None while spans are off."""
    return None if _begin is None else _begin(parent, kind)


def begin_each(parents: Iterable[str | None], kind: str) -> list[Span]:
    """Begin a span for each who has a parent: what is done for many at once stands in the trace of each of them."""
    if _begin is None:
        return []
    return [_begin(parent, kind) for parent in parents if parent is not None]
