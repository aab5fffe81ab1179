"""Request bodies: small ones are read whole before a service is asked, so a slow client never holds a service.

Only uploads are passed on as they come.
"""

import asyncio
import time

from starlette.types import Receive

from fairground_common.errors import PayloadTooLarge
from fairground_gateway.answer import CLOSE
from fairground_gateway.errors import RequestTooSlow
from fairground_gateway.request import Request
from fairground_gateway.upstream.connection import Connection

WHOLE_BYTES = 64 * 1024
UPLOAD_BYTES = 10 * 1024 * 1024
READ_SECONDS = 10.0
UPLOAD_SECONDS = 25.0
"""Below the service's budget for an upload: a slow client must not look like a slow service."""
START_SECONDS = 5.0
SLOWEST_BYTES_PER_SECOND = 1024
"""After the first seconds, a body that comes slower on average is given up."""
DISCARD_BYTES = 1024 * 1024
DISCARD_SECONDS = 2.0
"""A too large body is read on a little and thrown away: an answer sent while the client writes often gets lost."""


class ClientLeft(Exception):
    """The client closed the connection before the end of its request; nobody waits for an answer."""


class Arrival:
    """A body on its way from the client, who may take so long for all of it. Only waiting for the client counts."""

    def __init__(self, request: Request, receive: Receive, *, seconds: float) -> None:
        self._request = request
        self._receive = receive
        self._seconds = seconds
        self._waited = 0.0
        self._came = 0

    async def piece(self) -> tuple[bytes, bool]:
        """Return the next piece, and whether more follows. Raises RequestTooSlow, ClientLeft."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._patience()):
                piece, more = await _next(self._receive)
        except TimeoutError:
            self._request.answer_headers.append(CLOSE)
            raise RequestTooSlow from None
        self._waited += time.monotonic() - began
        self._came += len(piece)
        return piece, more

    def _patience(self) -> float:
        return min(self._seconds, START_SECONDS + self._came / SLOWEST_BYTES_PER_SECOND) - self._waited


async def read_whole(request: Request, receive: Receive) -> bytes:
    """Return the body. Raises PayloadTooLarge, RequestTooSlow, ClientLeft; the connection is closed with these."""
    if not request.has_body:
        return b""
    await _refuse_declared(request, receive, WHOLE_BYTES)
    arrival = Arrival(request, receive, seconds=READ_SECONDS)
    body, more = await arrival.piece()
    while more and len(body) <= WHOLE_BYTES:
        piece, more = await arrival.piece()
        body += piece
    if len(body) > WHOLE_BYTES:
        await _refuse(request, receive, discard=more)
    return body


class Upload:
    """A body passed on as it comes, at the pace the service takes it."""

    def __init__(self, request: Request, receive: Receive) -> None:
        self._request = request
        self._receive = receive
        self._chunked = request.declared_length is None

    async def check(self) -> None:
        """Refuse a declared length that is too large, before the service is asked."""
        await _refuse_declared(self._request, self._receive, UPLOAD_BYTES)

    async def write(self, connection: Connection) -> None:
        """Send the body's pieces.

        Raises PayloadTooLarge, RequestTooSlow, ClientLeft: the service then sees an aborted request.
        """
        arrival = Arrival(self._request, self._receive, seconds=UPLOAD_SECONDS)
        size, more = 0, True
        while more:
            piece, more = await arrival.piece()
            size += len(piece)
            if size > UPLOAD_BYTES:
                await _refuse(self._request, self._receive, discard=False)
            if piece:
                await connection.send_more(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece)
        if self._chunked:
            await connection.send_more(b"0\r\n\r\n")


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] != "http.request":
        raise ClientLeft
    return message.get("body", b""), message.get("more_body", False)


async def _refuse_declared(request: Request, receive: Receive, limit: int) -> None:
    declared = request.declared_length
    if declared is not None and declared > limit:
        await _refuse(request, receive, discard=declared <= DISCARD_BYTES and not request.waits_for_continue)


async def _refuse(request: Request, receive: Receive, *, discard: bool) -> None:
    request.answer_headers.append(CLOSE)
    if discard:
        await _discard(receive)
    raise PayloadTooLarge


async def _discard(receive: Receive) -> None:
    """Read on for a moment, up to DISCARD_BYTES."""
    size, more = 0, True
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while more and size <= DISCARD_BYTES:
                piece, more = await _next(receive)
                size += len(piece)
    except TimeoutError:
        return
