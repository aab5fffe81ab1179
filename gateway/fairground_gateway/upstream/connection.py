"""One keep-alive connection to a service: one exchange at a time, parsed by httptools.

Promise: an answer belongs to the request that was sent on this connection, or the connection is never used again.
So anything odd (bytes while idle, a second answer, a timeout, a broken message) closes it.
"""

import asyncio
import time
from typing import cast

import httptools

from fairground_gateway.upstream.failures import BrokenOff, TooSlow, UpstreamFailure
from fairground_gateway.upstream.response import BodyStream, Headers, Response

STREAM_ABOVE_BYTES = 64 * 1024
"""A body up to this size is passed on whole, in one piece with its head; a larger one as it comes."""
_FINAL = 200
"""Statuses below are interim answers; the final one follows."""


class Connection(asyncio.Protocol):
    """A protocol for ``create_connection``. ``idle_since`` is when the last answer ended, by ``time.monotonic``."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[Response] | None = None
        self._stream: BodyStream | None = None
        self._seconds = 0.0
        self._writable = asyncio.Event()
        self._writable.set()
        self._usable = False
        self._began = self._head_ended = self._whole = False
        self._headers: Headers = []
        self._chunks: list[bytes] = []
        self._held = 0
        self.idle_since = 0.0
        self.made_at = time.monotonic()

    @property
    def reusable(self) -> bool:
        """Tell whether another exchange may start: the last one ended well and the service keeps the line open."""
        return self._usable and self._waiter is None and self._stream is None

    def send(self, request: bytes, seconds: float) -> asyncio.Future[Response]:
        """Start an exchange.

        The future fails with an UpstreamFailure. A large body may pause for at most ``seconds`` while it streams.
        """
        waiter: asyncio.Future[Response] = self._loop.create_future()
        self._waiter, self._seconds = waiter, seconds
        self._whole = self._began = self._head_ended = False
        self._headers, self._chunks, self._held = [], [], 0
        self._transport.write(request)
        return waiter

    async def send_more(self, chunk: bytes) -> None:
        """Send a further piece of the request's body, at the pace the service takes it.

        Once the exchange has ended, with an early answer or a failure, nobody is there to read it.
        """
        if not self._transport.is_closing():
            self._transport.write(chunk)
            await self._writable.wait()

    def send_last(self, head: bytes, seconds: float) -> asyncio.Future[Response]:
        """Start an exchange after which the connection closes: its request may end before its body does."""
        answer = self.send(head, seconds)
        self._usable = False
        return answer

    def too_slow(self) -> None:
        """End the exchange because its time is up."""
        self._fail(TooSlow("no answer in time", answer_began=self._began))

    def close(self) -> None:
        """Close at once; an exchange that still runs fails."""
        self._usable = False
        self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclass
        self._usable = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        self._fail(BrokenOff(str(exc or "closed by the service"), answer_began=self._began))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._waiter is None and self._stream is None:
            self.close()
            return
        self._began = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(BrokenOff(f"unreadable answer: {error}", answer_began=True))
            return
        if self._whole:
            self._finish()
        elif self._held > STREAM_ABOVE_BYTES and self._waiter is not None:
            self._hand_over_head()

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self._whole:
            raise ValueError("two answers to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_ended:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._head_ended = True

    def on_body(self, chunk: bytes) -> None:
        if self._stream is not None:
            self._stream.feed(chunk)
        else:
            self._chunks.append(chunk)
            self._held += len(chunk)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < _FINAL:
            self._headers, self._head_ended = [], False
            return
        self._whole = True
        self._usable = self._usable and self._parser.should_keep_alive()

    # ends of an exchange

    def _response(self) -> Response:
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return Response(self._parser.get_status_code(), self._headers, body, self._stream)

    def _hand_over_head(self) -> None:
        assert self._waiter is not None
        waiter, self._waiter = self._waiter, None
        self._stream = BodyStream(self._transport, self._seconds, self.close)
        if not waiter.done():
            waiter.set_result(self._response())

    def _finish(self) -> None:
        self.idle_since = time.monotonic()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(self._response())
        stream, self._stream = self._stream, None
        if not self._usable:
            self._transport.close()
        if stream is not None:
            stream.end()

    def _fail(self, failure: UpstreamFailure) -> None:
        self.close()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(failure)
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.end(failure)
