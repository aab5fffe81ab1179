"""The connection to Valkey or Redis: one script, asked for with every request, answered with one line.

A client of our own, because the library's cost per command is that of the whole rest of a request. Calls of one turn
of the event loop travel together. An answer is matched to its call by order alone, so after a timeout, an error or
anything unexpected the connection is dropped, never re-used: otherwise the next caller would get this one's answer.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from importlib.resources import files
from typing import cast

SCRIPT = files("fairground_gateway.limits").joinpath("sliding_window.lua").read_bytes()
_LONGEST_LINE = 1024


class LinkDown(Exception):
    """No answer: the connection is gone or too slow."""


class Link(asyncio.Protocol):
    """A protocol for ``create_connection``; ``lost`` is done when the connection is over."""

    def __init__(self, answer_seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._answer_seconds = answer_seconds
        self._calls: deque[tuple[float, asyncio.Future[bytes]]] = deque()
        self._outgoing: list[bytes] = []
        self._buffer = b""
        self._watch: asyncio.TimerHandle | None = None
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def call(self, *words: bytes) -> asyncio.Future[bytes]:
        """Send a command, word by word; see ``ask``."""
        return self.ask(b"*%d\r\n" % len(words) + written(words))

    def ask(self, command: bytes) -> asyncio.Future[bytes]:
        """Send a command that is answered with a status line; the future gives it, or fails with LinkDown."""
        answer: asyncio.Future[bytes] = self._loop.create_future()
        if self.lost.done():
            answer.set_exception(LinkDown())
            return answer
        if not self._outgoing:
            self._loop.call_soon(self._send)
        self._outgoing.append(command)
        self._calls.append((self._loop.time() + self._answer_seconds, answer))
        if self._watch is None:
            self._watch = self._loop.call_later(self._answer_seconds, self._check_oldest)
        return answer

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclass

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        self._give_up()

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        for line in lines:
            if not self._calls:
                self.close()
                return
            _, answer = self._calls.popleft()
            if not answer.done():
                answer.set_result(line)
        if len(self._buffer) > _LONGEST_LINE:
            self.close()

    def _give_up(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if not self.lost.done():
            self.lost.set_result(None)
        while self._calls:
            _, answer = self._calls.popleft()
            if not answer.done():
                answer.set_exception(LinkDown())

    def _send(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        self._transport.write(b"".join(outgoing))

    def _check_oldest(self) -> None:
        self._watch = None
        if not self._calls:
            return
        left = self._calls[0][0] - self._loop.time()
        if left <= 0:
            self._give_up()
            self.close()
        else:
            self._watch = self._loop.call_later(left, self._check_oldest)


def written(words: Sequence[bytes]) -> bytes:
    """Return words as the server reads them in a command."""
    return b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words])
