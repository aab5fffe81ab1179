"""The outermost layer of every HTTP process: names the request, answers what nobody else answered.

Pure ASGI: starlette's BaseHTTPMiddleware would run the endpoint in a task that a disconnect cancels.
"""

import re
from collections.abc import Iterable
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairground_common.context import current_request_id, current_traceparent, enter_request
from fairground_common.db.failures import as_refusal
from fairground_common.errors import FairgroundError, InternalError
from fairground_common.telemetry import traces
from fairground_common.web.metrics import note_request, template_of
from fairground_common.web.problem import MEDIA_TYPE, problem_body, problem_headers, status_of

log = structlog.get_logger()

FAILED = 500

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")


class RequestScope:
    """ASGI middleware: request id in, request id out, and no exception without a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        request_id = name_request(scope["headers"])
        span = begin_span()
        status = 0

        async def named_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                log.debug("request", method=scope["method"], path=scope["path"], status=status)
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        try:
            await self._app(scope, receive, named_send)
        except Exception as error:
            refusal = refusal_of(error)
            if status:
                raise
            await send_problem(refusal, scope, named_send)
        finally:
            if status:
                note_request(scope, status, began)
            if span is not None:
                span.end(f"{scope['method']} {template_of(scope)}", failed=status >= FAILED)


def name_request(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Enter the context of a request: take its well-formed id and trace, or make an id."""
    request_id, traceparent = names_of(headers)
    enter_request(request_id, traceparent)
    return request_id.encode()


def names_of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str | None]:
    """Return a request's id, a new one unless it has a well-formed one, and its well-formed trace."""
    request_id, traceparent = None, None
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.match(value):
            request_id = value.decode()
        elif name == b"traceparent" and _TRACEPARENT.match(value):
            traceparent = value.decode()
    return request_id or uuid4().hex, traceparent


def begin_span() -> traces.Span | None:
    """Stand under the caller's span, as what is done from here on stands under this one."""
    span = traces.begin(current_traceparent(), traces.SERVER)
    if span is not None:
        enter_request(current_request_id(), span.traceparent)
    return span


def refusal_of(error: Exception) -> FairgroundError:
    """Return what a caller is told about an exception, and log what is ours to mend."""
    if isinstance(error, FairgroundError):
        return error
    refusal = as_refusal(error)
    if refusal is not None:
        log.warning("database trouble", error=repr(error))
        return refusal
    log.error("unexpected error", exc_info=error)
    return InternalError()


async def send_problem(error: FairgroundError, scope: Scope, send: Send) -> None:
    """Answer a request with a problem document."""
    status, headers, body = problem_answer(error, scope["path"])
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def problem_answer(error: FairgroundError, path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers and body of a problem document; its length is for who sends it to say."""
    said = {"content-type": MEDIA_TYPE, **problem_headers(error)}
    headers = [(name.lower().encode(), value.encode()) for name, value in said.items()]
    return status_of(type(error)), headers, problem_body(error, path)
