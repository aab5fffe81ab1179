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
_encode = msgspec.json.Encoder().encode


class AccessLog:
    """Collects lines and writes them a quarter of a second later, or when many have come."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lines: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, request: Request, status: int) -> None:
        fields = {
            "timestamp": datetime.now(UTC).isoformat(),
            "level": "info",
            "event": "request",
            "service": "gateway",
            "status": status,
            "milliseconds": round((time.perf_counter() - request.started) * 1000, 2),
        }
        self._lines.append(_encode(fields | request.log_fields()))
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
