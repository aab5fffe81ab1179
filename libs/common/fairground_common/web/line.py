"""HTTP/1.1 as our servers speak it, with a short way for plain requests and one timer between requests.

What goes the short way costs neither ASGI's messages nor uvicorn's cycle. Which requests those are, and who answers
them, a subclass says (the gateway's edge, the door of the games API). All others are uvicorn's, as before.
"""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Protocol

from uvicorn import Config
from uvicorn.server import ServerState

from fairground_common.web.protocol import HttpProtocol

Headers = list[tuple[bytes, bytes]]

_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}


class Line(Protocol):
    """The connection, as far as an answer needs it."""

    @property
    def ends(self) -> bool:
        """Whether the server ends, so that every answer is its connection's last."""

    async def until_taken(self) -> None:
        """Wait while the client takes nothing."""

    def write(self, data: bytes) -> None: ...

    def answered(self, *, keep_alive: bool) -> None:
        """Go on with what comes after this exchange, or close."""

    def cut(self) -> None:
        """Close without an end of the answer."""


class Exchange:
    """One plain request and its answer. It stands where uvicorn keeps its cycle; the names uvicorn reads are public."""

    __slots__ = ("_line", "disconnected", "keep_alive", "more_body", "response_complete", "response_started")

    message_event = asyncio.Event()
    """Nobody waits for a body."""

    def __init__(self, line: Line, *, keep_alive: bool) -> None:
        self._line = line
        self.keep_alive = keep_alive
        self.disconnected = self.response_started = self.response_complete = self.more_body = False

    def write_whole(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Answer in one piece."""
        self.response_started = True
        self._line.write(self._head(status, headers) + body)
        self._complete()

    def _complete(self) -> None:
        self.response_complete = True
        self._line.answered(keep_alive=self.keep_alive)

    def _head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        self.keep_alive = self.keep_alive and not self._line.ends
        pieces = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status]
        for name, value in headers:
            pieces += (name, b": ", value, b"\r\n")
        if not self.keep_alive:
            pieces.append(b"connection: close\r\n")
        pieces.append(b"\r\n")
        return b"".join(pieces)


class LineProtocol(HttpProtocol):
    """One connection. What uvicorn makes of a request, it makes only of one that is not plain."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._short: Exchange | None = None
        """The plain request that has begun and not ended."""
        self._quiet_since: float | None = None
        self.url = b""

    # for subclasses

    def short_way(self) -> Exchange | None:
        """Return what becomes of the request whose head is whole and which has no body; None leaves it to uvicorn."""
        raise NotImplementedError

    def begin(self, exchange: Exchange, headers: Headers) -> None:
        """Have a plain request answered, now that it has ended."""
        raise NotImplementedError

    @property
    def answer_is_due(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def address(self) -> str:
        return self.client[0] if self.client else ""

    # asyncio.Protocol

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:  # after a reset it would run on
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    # httptools callbacks

    def on_message_begin(self) -> None:
        self.url, self.headers = b"", []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, its name in lower case."""
        self.headers.append((name, value))

    def headers_complete(self, *, bodiless: bool) -> None:
        """Take the head as a whole, which announces a body or not."""
        alone = not self.answer_is_due and not self.pipeline
        is_plain = bodiless and alone and b"#" not in self.url and self.parser.get_http_version() == "1.1"
        self._short = self.short_way() if is_plain else None
        if self._short is None:
            self._hand_to_uvicorn()
        else:
            self.cycle = self._short  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        if self._short is None:
            super().on_message_complete()
            return
        exchange, headers = self._short, self.headers
        self._short, self.headers = None, []
        self.begin(exchange, headers)

    def _hand_to_uvicorn(self) -> None:
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()

    # for Exchange

    @property
    def ends(self) -> bool:
        return bool(self.server_state.default_headers)

    async def until_taken(self) -> None:
        if self.flow.write_paused:
            await self.flow.drain()

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def answered(self, *, keep_alive: bool) -> None:
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    def cut(self) -> None:
        self.transport.close()

    # between requests

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.wait_for_the_next()

    def wait_for_the_next(self) -> None:
        """Have the connection closed if nothing comes for too long. The timer runs on through requests that do come."""
        self._quiet_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_after(self.timeout_keep_alive)

    def something_came(self) -> None:
        self._quiet_since = None

    def _unset_keepalive_if_required(self) -> None:
        """Go on with the timer: uvicorn would cancel it whenever something comes and set another after each answer."""
        self.something_came()

    def _look_after(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self.timeout_keep_alive_task = None
        if self._quiet_since is None:
            return
        left = self._quiet_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_after(left)
        else:
            self.timeout_keep_alive_handler()
