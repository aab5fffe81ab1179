"""What the current request is called: read by logs, errors and events, set by the web layer and the consumer."""

from contextvars import ContextVar

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_request_id() -> str | None:
    return _request_id.get()


def current_traceparent() -> str | None:
    return _traceparent.get()


def enter_request(request_id: str | None, traceparent: str | None) -> None:
    """Name the work that follows in this task (and the tasks it starts)."""
    _request_id.set(request_id)
    _traceparent.set(traceparent)
