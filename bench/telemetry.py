"""What telling costs a process, in processor time, each part alone: ``python -m bench.telemetry``.

Processor time of this process alone, so that a busy machine changes little; the least of several rounds. Spans are
encoded as they would be sent, in the thread that sends them, and go nowhere.
"""

import time
from collections.abc import Callable, Sequence

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from bench.say import say
from fairground_common.telemetry import Counter, Histogram, traces
from fairground_common.telemetry.opentelemetry import beginning

TRACEPARENT = f"00-{'a' * 32}-{'b' * 16}-01"
ROUNDS = 7
COUNTED = Counter("bench_counted_total", "Of this measurement.", "game", "code")
SPREAD = Histogram("bench_spread_seconds", "Of this measurement.", "route", "status")


class Encoding(SpanExporter):
    """Everything but the sending."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


def main() -> None:
    """Print a line for each part."""
    _tell("a counter is raised", lambda: COUNTED.add("roulette", "OK"), 200_000)
    _tell("a histogram is told a value", lambda: SPREAD.observe(0.003, "/api/{game}/play", "2xx"), 200_000)
    _tell("a span while spans are off", _span, 500_000)
    traces.turn_on(beginning(TracerProvider(sampler=ALWAYS_OFF).get_tracer("bench")))
    _tell("a span that is left out by the sampler", _span, 20_000)
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Encoding(), max_queue_size=100_000))
    traces.turn_on(beginning(provider.get_tracer("bench")))
    _tell("a span that is sent", _span, 20_000)
    provider.shutdown()


def _tell(what: str, act: Callable[[], None], times: int) -> None:
    say(f"{what}: {min(_microseconds(act, times) for _ in range(ROUNDS)):.2f} µs")


def _microseconds(act: Callable[[], None], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - began) / times * 1e6


def _span() -> None:
    span = traces.begin(TRACEPARENT, traces.SERVER)
    if span is not None:
        span.end("POST /api/{game}/play")


if __name__ == "__main__":
    main()
