"""One service as the gateway sees it: pool, circuit breaker, time budget and the one retry."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from fairground_common.errors import FairgroundError, ServiceUnavailable, UpstreamTimeout, UpstreamUnavailable
from fairground_gateway.metrics import CIRCUIT, FAILURES
from fairground_gateway.upstream.breaker import Breaker
from fairground_gateway.upstream.connection import Connection
from fairground_gateway.upstream.deadlines import Deadlines
from fairground_gateway.upstream.failures import NotConnected, TooSlow, UpstreamFailure
from fairground_gateway.upstream.pool import Address, NoTurn, Pool
from fairground_gateway.upstream.response import Response

log = structlog.get_logger()

SHORTEST_RETRY_SECONDS = 0.05
"""With less than this left of the budget, a second attempt has no chance."""
REFUSED_SECONDS = 0.7
REFUSED_PAUSE_SECONDS = 0.05
"""A refused connection is asked for again for so long: an instance that is replaced is away for a moment. Below a
second, in which a client is told that a service is gone."""

_now = time.monotonic

Body = Callable[[Connection], Coroutine[None, None, None]]


class Upstream:
    """Sends requests to one service and turns what goes wrong into refusals."""

    def __init__(self, name: str, address: Address, *, connections: int) -> None:
        self.name = name
        self.address = address
        self._pool = Pool(address, connections)
        self._breaker = Breaker()
        CIRCUIT.read(self._breaker.is_open, name)
        self._deadlines = Deadlines()

    async def exchange(self, request: bytes, *, seconds: float, repeatable: bool) -> Response:
        """Send a whole request and return the answer.

        ``seconds`` is the budget for everything. A ``repeatable`` request is sent once more, on a new connection,
        when the first attempt ended without a byte of an answer. Raises UpstreamUnavailable, UpstreamTimeout,
        ServiceUnavailable.
        """
        deadline = _now() + seconds
        try:
            return await self._attempt(request, deadline, fresh=False)
        except UpstreamFailure as failure:
            late = deadline - _now() < SHORTEST_RETRY_SECONDS
            if not repeatable or failure.answer_began or isinstance(failure, NotConnected) or late:
                raise self._refusal(failure) from failure
        try:
            return await self._attempt(request, deadline, fresh=True)
        except UpstreamFailure as failure:
            raise self._refusal(failure) from failure

    async def upload(self, head: bytes, body: Body, *, seconds: float) -> Response:
        """Send a request whose body is written piece by piece by ``body``; never retried.

        When ``body`` raises, the connection is cut off, so that the service sees an aborted request.
        """
        try:
            return await self._attempt(head, _now() + seconds, fresh=True, body=body)
        except UpstreamFailure as failure:
            raise self._refusal(failure) from failure

    def close(self) -> None:
        self._pool.close()
        self._deadlines.close()

    async def _attempt(self, request: bytes, deadline: float, *, fresh: bool, body: Body | None = None) -> Response:
        self._breaker.admit()
        try:
            kept = None if fresh else self._pool.take_kept()
            connection = kept or await self._connection(fresh=fresh)
            response = await self._on(connection, request, deadline, body)
        except NoTurn:
            raise ServiceUnavailable("Too many requests wait for this service.", retry_after=1) from None
        except UpstreamFailure:
            self._breaker.failed()
            raise
        self._breaker.answered()
        return response

    async def _connection(self, *, fresh: bool) -> Connection:
        """Return a connection. While it is refused nothing has been sent, so asking again does no harm."""
        until = _now() + REFUSED_SECONDS
        while True:
            try:
                return await self._pool.take(fresh=fresh)
            except NotConnected:
                if _now() + REFUSED_PAUSE_SECONDS > until:
                    raise
            await asyncio.sleep(REFUSED_PAUSE_SECONDS)
            self._breaker.admit()  # others may have found out meanwhile

    async def _on(self, connection: Connection, request: bytes, deadline: float, body: Body | None) -> Response:
        seconds = deadline - _now()
        self._deadlines.add(connection, deadline)
        try:
            response = await (
                connection.send(request, seconds) if body is None else _send_all(connection, request, body, seconds)
            )
        except BaseException:
            self._pool.give_back(connection)
            raise
        finally:
            self._deadlines.drop(connection)
        if response.rest is None:
            self._pool.give_back(connection)
        else:
            response.rest.when_ended(lambda: self._pool.give_back(connection))
        return response

    def _refusal(self, failure: UpstreamFailure) -> FairgroundError:
        FAILURES.add(self.name)
        log.warning("upstream failed", upstream=self.name, reason=str(failure))
        if isinstance(failure, TooSlow):
            return UpstreamTimeout(retry_after=1)
        return UpstreamUnavailable(retry_after=1)


async def _send_all(connection: Connection, head: bytes, body: Body, seconds: float) -> Response:
    """Send head and body; an early answer ends the need for the rest of the body."""
    answer = connection.send_last(head, seconds)
    writing = asyncio.ensure_future(body(connection))
    try:
        either: set[asyncio.Future[Any]] = {writing, answer}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if writing.done():
            writing.result()
        return await answer
    finally:
        writing.cancel()
        answer.cancel()
