"""A plain request: without a body, for a service, and no other before it waits for its answer.

That is most of what players ask. It goes to the gateway proper without ASGI's messages and without uvicorn's cycle,
which stays for everything else. What happens to a request is told in ``app`` and is the same for both.
"""

from collections.abc import Callable, Coroutine
from typing import Protocol

import structlog

from fairground_common.web.line import Exchange, Line
from fairground_gateway.answer import Answer
from fairground_gateway.request import Request
from fairground_gateway.routes import Route
from fairground_gateway.upstream.failures import UpstreamFailure
from fairground_gateway.upstream.response import BodyStream

log = structlog.get_logger()

Send = Callable[[Answer], Coroutine[None, None, None]]

_CHUNKED = (b"transfer-encoding", b"chunked")


class PlainGateway(Protocol):
    """What the edge needs of the gateway proper."""

    def route(self, method: str, path: bytes) -> Route | None:
        """Return the route a request without a body would take to a service."""

    async def plain(self, request: Request, route: Route, send: Send) -> None:
        """Answer it by calling ``send`` once."""


class PlainExchange(Exchange):
    """One plain request on its way to a service, and its answer."""

    __slots__ = ("route",)

    def __init__(self, line: Line, route: Route, *, keep_alive: bool) -> None:
        super().__init__(line, keep_alive=keep_alive)
        self.route = route

    async def answer(self, gateway: PlainGateway, request: Request) -> None:
        """Have the request answered."""
        try:
            await gateway.plain(request, self.route, self.send)
        except Exception:
            log.exception("answer not sent")
            self._line.cut()

    async def send(self, answer: Answer) -> None:
        """Write the answer, in one piece if it is small. To a client that has left nothing is written."""
        await self._line.until_taken()
        if answer.rest is None:
            self.write_whole(answer.status, answer.headers, answer.body)
            return
        self.response_started = True
        try:
            await self._stream(answer, answer.rest)
        except UpstreamFailure as failure:
            # The head has gone out with 200: cutting the connection is the only way left to say that it failed.
            log.warning("answer broken off", reason=str(failure))
            self._line.cut()
        finally:
            answer.rest.close()

    async def _stream(self, answer: Answer, rest: BodyStream) -> None:
        self._line.write(self._head(answer.status, [*answer.headers, _CHUNKED]) + _chunk(answer.body))
        async for piece in rest:
            await self._line.until_taken()
            if self.disconnected:
                return
            self._line.write(_chunk(piece))
        self._line.write(b"0\r\n\r\n")
        self._complete()


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
