"""Spans are off unless somebody names a collector; off, nothing is loaded and nothing changes."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairground_common.exits import EXIT_BAD_SETTING
from fairground_common.telemetry import traces
from fairground_common.testing.processes import ended, surroundings

CALLER, OWN = "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "00-" + "a" * 32 + "-" + "c" * 16 + "-01"


async def run(folder: Path, script: str, **settings: str) -> tuple[int | None, str]:
    pipe = asyncio.subprocess.PIPE
    environ = surroundings(folder, **settings)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, env=environ, stdin=pipe, stdout=pipe, stderr=pipe
    )
    end = await ended(process)
    return end.code, end.errors


async def test_without_a_collector_nothing_of_opentelemetry_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys; from fairground_common.telemetry import configure_traces, traces; configure_traces('x');"
        "assert traces.begin(None, traces.SERVER) is None and not traces.on();"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert await run(tmp_path, script) == (0, "")


async def test_a_collector_without_the_packages_is_one_line(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['opentelemetry.sdk.resources'] = None;"
        "from fairground_common.telemetry import configure_traces; configure_traces('x')"
    )
    code, said = await run(tmp_path, script, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert (code, said.count("\n")) == (EXIT_BAD_SETTING, 1)
    assert said.startswith("bad setting OTEL_EXPORTER_OTLP_ENDPOINT: opentelemetry")


class Recorded:
    """Spans as they begin and end, without OpenTelemetry."""

    def __init__(self) -> None:
        self.parents: list[str | None] = []
        self.ends: list[tuple[str, bool]] = []

    def begin(self, parent: str | None, _kind: str) -> traces.Span:
        self.parents.append(parent)
        return traces.Span(OWN, lambda name, failed: self.ends.append((name, failed)))


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    made = Recorded()
    traces.turn_on(made.begin)
    yield made
    traces.turn_on(None)


def test_what_is_done_for_many_is_in_the_trace_of_each_who_has_one(recorded: Recorded) -> None:
    spans = traces.begin_each([CALLER, None, OWN], traces.CONSUMER)
    assert (len(spans), recorded.parents) == (2, [CALLER, OWN])
