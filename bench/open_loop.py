"""Requests at a fixed pace, whatever the answers do: what a player who comes along meets.

A request is timed from the moment it was due, so a stall counts for all who would have come meanwhile. It speaks just
enough HTTP to share two cores with what it measures, and tells how late it was itself.
"""

import asyncio
import os
import re
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast

CONNECTIONS = 256
"""Open from the beginning; a request that finds none idle waits for one, and that counts."""
PATIENCE = 10.0
"""Seconds after the last request in which answers still count."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pace:
    """What an open loop saw; latencies in milliseconds."""

    per_second: int
    answered: int
    failed: int
    """Refused, or without an answer."""
    p50: float
    p95: float
    p99: float
    slowest: float
    late: float
    """By how much the generator itself was late with a request, at the 99th percentile."""


async def ask(url: str, method: str, path: str, tokens: Sequence[str], *, per_second: int, seconds: float) -> Pace:
    """Ask for something ``per_second`` times a second, each time as the next player."""
    host, port = url.removeprefix("http://").split(":")
    crowd = _Crowd()
    for _ in range(CONNECTIONS):
        await asyncio.get_running_loop().create_connection(lambda: _Connection(crowd), host, int(port))
    run, players = os.urandom(4).hex(), cycle(tokens)
    start, late = time.perf_counter(), []
    for number in range(round(per_second * seconds)):
        due = start + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        late.append((time.perf_counter() - due) * 1000)
        crowd.ask(_request(host, method, path, next(players), f"{run}-{number}"), due)
    await crowd.end()
    return _summary(per_second, crowd, late)


def _request(host: str, method: str, path: str, token: str, key: str) -> bytes:
    extra = f"Idempotency-Key: {key}\r\nContent-Length: 0\r\n" if method == "POST" else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{extra}\r\n".encode()


@dataclass
class _Crowd:
    """All connections of one run, who waits for one, and how long answers took."""

    idle: "list[_Connection]" = field(default_factory=list)
    connections: "list[_Connection]" = field(default_factory=list)
    waiting: deque[tuple[bytes, float]] = field(default_factory=deque)
    times: list[float] = field(default_factory=list)
    asked: int = 0
    ended: int = 0
    last: asyncio.Event | None = None
    """Set by the last answer."""

    def ask(self, request: bytes, due: float) -> None:
        self.asked += 1
        if self.idle:
            self.idle.pop().ask(request, due)
        else:
            self.waiting.append((request, due))

    def answered(self, connection: "_Connection", due: float, *, ok: bool) -> None:
        self.ended += 1
        if ok:
            self.times.append((time.perf_counter() - due) * 1000)
        if self.waiting:
            connection.ask(*self.waiting.popleft())
        else:
            self.idle.append(connection)
        if self.last is not None and self.ended == self.asked:
            self.last.set()

    async def end(self) -> None:
        """Wait for the answers that are still due, and close."""
        if self.ended < self.asked:
            self.last = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.last.wait(), PATIENCE)
        for connection in self.connections:
            connection.close()


class _Connection(asyncio.Protocol):
    """One request at a time; of its answer the status and the length are read."""

    def __init__(self, crowd: _Crowd) -> None:
        self._crowd = crowd
        self._received = b""
        self._due = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._crowd.connections.append(self)
        self._crowd.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """Never ask here again; what was asked has failed."""
        self._transport = None
        if self in self._crowd.idle:
            self._crowd.idle.remove(self)

    def ask(self, request: bytes, due: float) -> None:
        self._received, self._due = b"", due
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length is not None and len(body) < int(length[1])):
            return
        self._crowd.answered(self, self._due, ok=head.startswith(b"HTTP/1.1 2"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _summary(per_second: int, crowd: _Crowd, late: Sequence[float]) -> Pace:
    times = sorted(crowd.times)
    if not times:
        raise AssertionError(f"none of {crowd.asked} requests was answered well")
    p50, p95, p99 = (share_of(times, share) for share in (0.5, 0.95, 0.99))
    failed = crowd.asked - len(times)
    return Pace(per_second, len(times), failed, p50, p95, p99, times[-1], share_of(sorted(late), 0.99))


def share_of(sorted_times: Sequence[float], share: float) -> float:
    """Return the time within which this share of them lies."""
    return sorted_times[min(len(sorted_times) - 1, int(len(sorted_times) * share))]
