"""HTTP/1.1 as strangers speak it: the protocol of all our servers, with what one at the edge needs beside it.

Promise: nothing of a request that could be read in two ways reaches the gateway proper, and nobody holds a connection
by being slow. ASGI cannot give this: it learns of a request when its head is whole, and never sees raw bytes.

A refused connection is read on for a moment: closed at once, it would be reset, and the answer often lost with it.
"""

import asyncio
from typing import Any

import httptools
from uvicorn import Config
from uvicorn.server import ServerState

from fairground_common.errors import FairgroundError
from fairground_common.web.line import Exchange, Headers, LineProtocol
from fairground_gateway.edge.crowd import Crowd
from fairground_gateway.edge.head import WHOLE_BYTES, Head, refuse_long_target
from fairground_gateway.edge.plain import PlainExchange, PlainGateway
from fairground_gateway.edge.refusal import refusal_bytes
from fairground_gateway.edge.stage import DEADLINES, LINGER_SECONDS, Stage
from fairground_gateway.edge.stall import Stall
from fairground_gateway.errors import HeadersTooLarge, RequestTooSlow, RequestUnreadable, TooManyConnections
from fairground_gateway.request import Request

LINGER_BYTES = 1024 * 1024
MOST_WAITING = 16
"""Requests sent ahead on one connection. Without a bound their number grows faster than they are answered."""


_BETWEEN, _HEAD, _BODY, _LAST, _REFUSED = Stage


class EdgeProtocol(LineProtocol):
    """One connection. A request that comes in one piece costs no timer."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        crowd: Crowd,
        gateway: PlainGateway,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gateway = gateway
        self._crowd = crowd
        self._let_in = False
        self._head = Head()
        self._unread = 0
        """Bytes of a head that has not ended, or those thrown away."""
        self._completed = False
        """Whether a request ended within the bytes that are being read."""
        self._stage = _HEAD
        self._ends = False
        """Whether the next request is the last, as the server ends."""
        self._watched = _BETWEEN
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: Stall | None = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._let_in = self._crowd.enter(self.address)
        if self._let_in:
            self._watch()
        else:
            self._stage = _REFUSED
            self._say(TooManyConnections(retry_after=1))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_watching()
        self._forget_stall()
        if self._let_in:
            self._crowd.leave(self.address)

    def data_received(self, data: bytes) -> None:
        if self._stage is _LAST or self._stage is _REFUSED:
            self._throw_away(data)
            return
        self.something_came()
        if self._stage is _BETWEEN:
            self._stage = _HEAD
        self._completed = False
        try:
            self.parser.feed_data(data)
            self._measure(data)
        except httptools.HttpParserUpgrade:
            pass  # it is the last one, answered as if it had not asked
        except httptools.HttpParserError as error:
            reason = error.__context__
            self._refuse(reason if isinstance(reason, FairgroundError) else RequestUnreadable())
        except HeadersTooLarge as refusal:
            self._refuse(refusal)
        self._watch()

    def shutdown(self) -> None:
        """Close, as the server ends. A request that is on its way is waited for and answered."""
        if self._stage is not _HEAD or self.answer_is_due:
            super().shutdown()
            return
        self._ends = True
        self._stop_watching()
        self._watched, self._deadline = _HEAD, self.loop.call_later(LINGER_SECONDS, self._too_slow)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = Stall(self.transport, self.loop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_stall()

    # httptools callbacks; what they raise ends the parsing

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = Head()
        self._stage = _HEAD

    def on_url(self, url: bytes) -> None:
        self.url += url
        refuse_long_target(self.url)

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self._head.note(name, value)
        if self._stage is _HEAD:  # a trailer is no header: it could say what a proxy before us forbids
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        parser = self.parser
        upgrades = parser.should_upgrade()
        self._head.check(parser.get_method(), self.url, parser.get_http_version(), upgrades=upgrades)
        if len(self.pipeline) >= MOST_WAITING:
            raise RequestUnreadable
        self.headers_complete(bodiless=not upgrades and not self._head.announces_body)
        self._stage = _BODY
        if upgrades or self._ends:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stage = _BETWEEN if self.cycle.keep_alive else _LAST
        self._completed, self._unread = True, 0
        self._stop_watching()
        if self.cycle.response_complete:  # it was answered before it had ended
            self.wait_for_the_next()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # closing would wait for a client that takes nothing
        super().timeout_keep_alive_handler()

    # the short way

    def short_way(self) -> PlainExchange | None:
        route = self._gateway.route(self.parser.get_method().decode(), self.url.partition(b"?")[0])
        return None if route is None else PlainExchange(self, route, keep_alive=self.parser.should_keep_alive())

    def begin(self, exchange: Exchange, headers: Headers) -> None:
        assert isinstance(exchange, PlainExchange)
        path, _, query = self.url.partition(b"?")
        request = Request(exchange.route.method, path, query, headers, self.address)
        task = self.loop.create_task(exchange.answer(self._gateway, request))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    # slowness

    def _watch(self) -> None:
        """Have a deadline for what is to come next; the time runs on while that stays the same."""
        if self._stage is self._watched:
            return
        self._stop_watching()
        seconds = DEADLINES.get(self._stage)
        if seconds is not None:
            self._watched = self._stage
            self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _stop_watching(self) -> None:
        self._watched = _BETWEEN
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._stop_watching()
        if self._stage is _REFUSED:
            self.transport.abort()
        elif self._stage is _HEAD and not self._unread and not self.answer_is_due:
            self.transport.close()  # it never asked anything
        else:
            self._refuse(RequestTooSlow())
            self._watch()

    def _forget_stall(self) -> None:
        if self._stall is not None:
            self._stall.end()
            self._stall = None

    # refusals

    def _measure(self, data: bytes) -> None:
        if self._stage is _HEAD and not self._completed:
            self._unread += len(data)
            if self._unread > WHOLE_BYTES:
                raise HeadersTooLarge

    def _refuse(self, refusal: FairgroundError) -> None:
        """Take nothing more. The refusal is said unless another answer would have to come before it."""
        if self._stage is _BODY:
            self._give_up_body(refusal)
        elif self.answer_is_due:
            self.cycle.keep_alive = False
            self._stage = _LAST
        else:
            self._last_word(refusal)

    def _give_up_body(self, refusal: FairgroundError) -> None:
        if self.pipeline or self.cycle.response_started:
            self.transport.abort()
            return
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self._last_word(refusal)

    def _last_word(self, refusal: FairgroundError) -> None:
        self._stage, self._unread = _REFUSED, 0
        if not self.transport.is_closing():
            self._say(refusal)
            self.transport.write_eof()

    def _say(self, refusal: FairgroundError) -> None:
        self.transport.write(refusal_bytes(refusal, self.url, self.address))

    def _throw_away(self, data: bytes) -> None:
        self._unread += len(data)
        if self._unread > LINGER_BYTES:
            self.transport.abort()
