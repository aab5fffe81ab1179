"""The gateway's own questions to the services: probes and documents.

On connections of their own and past the circuit breaker, so that neither a crowd of players nor a failing play path
decides whether a service looks alive.
"""

import asyncio
from typing import Any

import msgspec

from fairground_gateway.upstream import Address
from fairground_gateway.upstream.failures import UpstreamFailure
from fairground_gateway.upstream.pool import NoTurn, Pool

_CONNECTIONS = 2


class SideDoor:
    """Asks one service."""

    def __init__(self, address: Address) -> None:
        self._pool = Pool(address, _CONNECTIONS)
        self._host = str(address).encode()

    async def get(self, path: str, *, seconds: float) -> Any | None:
        """Return the JSON of a path whatever its status; None when nothing readable comes in time."""
        request = b"GET %b HTTP/1.1\r\nhost: %b\r\n\r\n" % (path.encode(), self._host)
        try:
            async with asyncio.timeout(seconds):
                return msgspec.json.decode(await self._body(request, seconds))
        except (UpstreamFailure, NoTurn, TimeoutError, msgspec.DecodeError):
            return None

    async def _body(self, request: bytes, seconds: float) -> bytes:
        connection = await self._pool.take()
        try:
            response = await connection.send(request, seconds)
            pieces = [response.body]
            if response.rest is not None:
                pieces += [chunk async for chunk in response.rest]
        finally:
            self._pool.give_back(connection)
        return b"".join(pieces)

    def close(self) -> None:
        self._pool.close()
