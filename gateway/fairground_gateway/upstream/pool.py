"""The connections to one service: a bounded number (the bulkhead), kept open between requests.

A request that finds all of them busy waits its turn for at most a second, so that one slow service cannot hold the
whole gateway. The connection used last is used first, so that the others grow idle and are closed. A name may stand for
several instances: each new connection goes to the next of them, and none lives so long that a new instance waits.
"""

import asyncio
import socket
import time
from collections import deque
from dataclasses import dataclass

from fairground_gateway.upstream.connection import Connection
from fairground_gateway.upstream.failures import NotConnected

CONNECT_SECONDS = 1.0
TURN_SECONDS = 1.0
IDLE_SECONDS = 20.0
"""Well below the services' keep-alive of 75 s: the gateway closes first, so no request meets a closing line."""

LIFE_SECONDS = 30.0
"""How long a connection is used: after this time an instance that was added has its share of them."""


class NoTurn(Exception):
    """All connections stayed busy for too long."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Pool:
    """Lends connections. ``take`` and ``give_back`` are a pair; between them the connection belongs to the borrower."""

    def __init__(self, address: Address, size: int) -> None:
        self._address = address
        self._free = size
        self._idle: list[Connection] = []
        self._queue: deque[asyncio.Future[None]] = deque()
        self._dialled = 0

    def take_kept(self) -> Connection | None:
        """Return a kept connection when one can be had at once; None tells to ``take`` one."""
        if self._free <= 0:
            return None
        connection = self._kept()
        if connection is not None:
            self._free -= 1
        return connection

    async def take(self, *, fresh: bool = False) -> Connection:
        """Return a connection; ``fresh`` asks for a new one. Raises NoTurn, NotConnected."""
        if self._free > 0:
            self._free -= 1
        else:
            await self._turn()
        connection = None if fresh else self._kept()
        if connection is not None:
            return connection
        try:
            return await self._connect()
        except BaseException:
            self._pass_on()
            raise

    def give_back(self, connection: Connection) -> None:
        """Return a borrowed connection; one that is not fit for another exchange is closed."""
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()
        self._pass_on()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> Connection | None:
        now = time.monotonic()
        while self._idle:
            connection = self._idle.pop()
            idle, life = now - connection.idle_since, now - connection.made_at
            if connection.reusable and idle <= IDLE_SECONDS and life <= LIFE_SECONDS:
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._dial()
        except (OSError, TimeoutError) as error:
            raise NotConnected(f"{self._address}: {error!r}") from error

    async def _dial(self) -> Connection:
        """Connect to the next instance, or to the first after it that takes the call. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
        places = sorted({(str(place[0]), int(place[1])) for *_, place in found})
        self._dialled += 1
        refused = OSError("the name stands for no address")
        for turn in range(len(places)):
            host, port = places[(self._dialled + turn) % len(places)]
            try:
                _, connection = await loop.create_connection(Connection, host, port)
            except OSError as error:
                refused = error
            else:
                return connection
        raise refused

    async def _turn(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await turn
        except BaseException as ended:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it came at the very moment we gave up
            if isinstance(ended, TimeoutError):
                raise NoTurn from None
            raise

    def _pass_on(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
