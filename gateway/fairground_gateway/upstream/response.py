"""A service's answer: whole when it is small, with a stream for the rest when it is not."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from fairground_gateway.upstream.failures import TooSlow, UpstreamFailure

Headers = list[tuple[bytes, bytes]]

PAUSE_ABOVE_BYTES = 256 * 1024
"""A client that reads slowly must not make the gateway hold a whole export in memory."""


class BodyStream:
    """The part of a large body that comes after its head was passed on. ``abort`` cuts the connection off."""

    def __init__(self, transport: asyncio.Transport, idle_seconds: float, abort: Callable[[], None]) -> None:
        self._transport = transport
        self._idle_seconds = idle_seconds
        self._abort = abort
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._changed = asyncio.Event()
        self._ended = False
        self._failure: UpstreamFailure | None = None
        self._when_ended: Callable[[], None] | None = None

    def feed(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._held += len(chunk)
        if self._held > PAUSE_ABOVE_BYTES:
            self._transport.pause_reading()
        self._changed.set()

    def end(self, failure: UpstreamFailure | None = None) -> None:
        self._ended, self._failure = True, failure
        self._changed.set()
        if failure is None:
            self._transport.resume_reading()  # whoever uses the connection next waits for an answer on it
        if self._when_ended is not None:
            self._when_ended()

    def when_ended(self, call: Callable[[], None]) -> None:
        """Have ``call`` called once the service has sent everything, or the connection is gone."""
        self._when_ended = call
        if self._ended:
            call()

    def close(self) -> None:
        """Give up what has not come yet."""
        if not self._ended:
            self._abort()

    def __aiter__(self) -> "BodyStream":
        return self

    async def __anext__(self) -> bytes:
        while not self._chunks:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                raise StopAsyncIteration
            await self._more()
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        if self._held <= PAUSE_ABOVE_BYTES and not self._ended:
            self._transport.resume_reading()
        return chunk

    async def _more(self) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(self._idle_seconds):
                await self._changed.wait()
        except TimeoutError:
            self.close()
            raise TooSlow("the body stopped coming", answer_began=True) from None


@dataclass(slots=True)
class Response:
    """Status, headers (lower-case names) and what has come of the body so far."""

    status: int
    headers: Headers
    body: bytes
    rest: BodyStream | None = None
    """What comes after ``body``; None when the body is whole. It must be read to its end, or closed."""
