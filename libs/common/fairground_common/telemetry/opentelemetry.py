"""Spans by OpenTelemetry's SDK. Imported only where spans are on; the packages are an extra."""

import atexit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from fairground_common.telemetry.traces import Begin, Span

_HEADER = "traceparent"
_NAMESPACE = "fairground"


def exporting(service: str) -> Begin:
    """Return how spans of a process begin; they are sent from a thread, in batches, as OTEL_* says."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service, SERVICE_NAMESPACE: _NAMESPACE}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    atexit.register(provider.shutdown)
    return beginning(provider.get_tracer(_NAMESPACE))


def beginning(tracer: Tracer) -> Begin:
    """Return how spans begin with a tracer."""
    propagator = TraceContextTextMapPropagator()

    def begin(parent: str | None, kind: str) -> Span:
        context = propagator.extract({_HEADER: parent} if parent else {})
        span = tracer.start_span(kind.lower(), context=context, kind=SpanKind[kind])

        def ended(name: str, failed: bool) -> None:
            span.update_name(name)
            if failed:
                span.set_status(Status(StatusCode.ERROR))
            span.end()

        own = span.get_span_context()
        return Span(f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}", ended)

    return begin
