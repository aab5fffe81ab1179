"""/livez and /readyz of a process without an HTTP API.

One exchange a connection, spoken by hand: a web framework would take more memory than many a worker's work.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from fairground_common.exits import EXIT_PORT_TAKEN, CannotGoOn, reason_of
from fairground_common.readiness import ALIVE, Check, readiness

EXCHANGE_SECONDS = 2.0
"""What a caller gets for the whole exchange."""
MOST_REQUEST_BYTES = 8192

_NOBODY_TO_ANSWER = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)
"""The caller is too slow, gone, or does not speak HTTP; or this process ends, which asyncio's streams would complain
about (until Python 3.12) if the exchange passed its cancellation on."""


class PortTaken(CannotGoOn):
    """The probes' address cannot be had; the text names it."""

    code = EXIT_PORT_TAKEN


class ProbeAddress(Protocol):
    """The settings that say where a worker answers."""

    @property
    def worker_host(self) -> str: ...

    @property
    def worker_port(self) -> int | None: ...


@asynccontextmanager
async def answering_probes(address: ProbeAddress, checks: Sequence[Check]) -> AsyncIterator[None]:
    """Answer while the block runs; nowhere without a port. Raises PortTaken."""
    if address.worker_port is None:
        yield
        return
    server = await _listen(address.worker_host, address.worker_port, checks)
    try:
        yield
    finally:
        server.close()


async def _listen(host: str, port: int, checks: Sequence[Check]) -> asyncio.Server:
    try:
        return await asyncio.start_server(partial(_exchange, checks), host, port, limit=MOST_REQUEST_BYTES)
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: {reason_of(error)}") from error


async def _exchange(checks: Sequence[Check], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(*_NOBODY_TO_ANSWER):
            async with asyncio.timeout(EXCHANGE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await _answer(head, checks))
                await writer.drain()
    finally:
        writer.close()


async def _answer(head: bytes, checks: Sequence[Check]) -> bytes:
    if head.startswith(b"GET /livez "):
        return _http(HTTPStatus.OK, ALIVE)
    if head.startswith(b"GET /readyz "):
        return _http(*await readiness(checks))
    return _http(HTTPStatus.NOT_FOUND, {"status": "only GET /livez and GET /readyz are here"})


def _http(status: int, document: Mapping[str, Any]) -> bytes:
    body = json.dumps(document, separators=(",", ":")).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    )
    return "\r\n".join((*head, "", "")).encode() + body
