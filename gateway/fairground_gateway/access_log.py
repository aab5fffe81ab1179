"""One JSON line per request, written in batches so that a line costs the request next to nothing."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from fairground_gateway.request import Request

FLUSH_SECONDS = 0.25
FLUSH_LINES = 256
_TRACE_ID = slice(3, 35)
_encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct, gc=False):
    """What is told about a request: no query, no headers, so no secrets."""

    timestamp: datetime
    status: int
    milliseconds: float
    request_id: str
    trace_id: str
    method: str
    path: str
    client_ip: str
    user_id: int | None
    upstream: str | None
    level: str = "info"
    event: str = "request"
    service: str = "gateway"


class AccessLog:
    """Collects lines and writes them a quarter of a second later, or when many have come."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lines: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, request: Request, status: int) -> None:
        line = Line(
            datetime.now(UTC),
            status,
            round((time.perf_counter() - request.started) * 1000, 2),
            request.request_id.decode(),
            request.traceparent[_TRACE_ID].decode(),
            request.method,
            request.path.decode("latin-1"),
            request.client_ip,
            request.user_id,
            request.service,
        )
        self._lines.append(_encode(line))
        if len(self._lines) >= FLUSH_LINES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what has come. Called by itself, and once at shutdown."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lines:
            lines, self._lines = self._lines, []
            self._write(b"\n".join(lines) + b"\n")


def to_standard_output(lines: bytes) -> None:
    sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()
