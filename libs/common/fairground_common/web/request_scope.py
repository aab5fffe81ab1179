"""The outermost layer of every HTTP process: names the request, answers what nobody else answered.

Pure ASGI: starlette's BaseHTTPMiddleware would run the endpoint in a task that a disconnect cancels.
"""

import re
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairground_common.context import enter_request
from fairground_common.db.failures import as_refusal
from fairground_common.errors import FairgroundError, InternalError
from fairground_common.web.problem import MEDIA_TYPE, problem_body, problem_headers, status_of

log = structlog.get_logger()

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
        request_id = name_request(scope["headers"])
        started = False

        async def named_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        try:
            await self._app(scope, receive, named_send)
        except Exception as error:
            refusal = refusal_of(error)
            if started:
                raise
            await send_problem(refusal, scope, named_send)


def name_request(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Enter the context of a request: take its well-formed id and trace, or make an id."""
    request_id, traceparent = None, None
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.match(value):
            request_id = value
        elif name == b"traceparent" and _TRACEPARENT.match(value):
            traceparent = value.decode()
    request_id = request_id or uuid4().hex.encode()
    enter_request(request_id.decode(), traceparent)
    return request_id


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


async def send_problem(error: FairgroundError, scope: Scope, send: Send, extra: dict[str, str] | None = None) -> None:
    """Answer a request with a problem document."""
    body = problem_body(error, scope["path"])
    headers: dict[str, Any] = {"content-type": MEDIA_TYPE, "content-length": str(len(body))}
    headers |= problem_headers(error) | (extra or {})
    await send(
        {
            "type": "http.response.start",
            "status": status_of(type(error)),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
