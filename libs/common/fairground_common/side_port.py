"""A port beside a process's work, for whoever watches it: one small answer a connection, spoken by hand.

A web framework would take more memory than many a worker's work.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from fairground_common.exits import EXIT_PORT_TAKEN, CannotGoOn, reason_of
from fairground_common.telemetry import MEDIA_TYPE, exposition

EXCHANGE_SECONDS = 2.0
"""What a caller gets for the whole exchange."""
MOST_REQUEST_BYTES = 8192

Answers = Mapping[str, Callable[[], Awaitable[bytes]]]
"""Paths, and what makes the whole answer to a GET of each."""

_NOBODY_TO_ANSWER = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)
"""The caller is too slow, gone, or does not speak HTTP; or this process ends, which asyncio's streams would complain
about (until Python 3.12) if the exchange passed its cancellation on."""


class PortTaken(CannotGoOn):
    """The address cannot be had; the text names it."""

    code = EXIT_PORT_TAKEN


def bound(host: str, port: int, *, share_port: bool = False) -> socket.socket:
    """Return a socket at the address. Raises PortTaken."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share_port:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
        bound.listen()
    except OSError as error:
        bound.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {reason_of(error)}") from error
    return bound


@asynccontextmanager
async def answering(listening: socket.socket | None, answers: Answers) -> AsyncIterator[None]:
    """Answer while the block runs, then close the socket; nowhere without one."""
    if listening is None:
        yield
        return
    server = await asyncio.start_server(partial(_exchange, answers), sock=listening, limit=MOST_REQUEST_BYTES)
    try:
        yield
    finally:
        server.close()


def document(status: int, content: Mapping[str, Any]) -> bytes:
    """Return an answer with a JSON document."""
    return _answer(status, "application/json", json.dumps(content, separators=(",", ":")).encode())


async def metrics() -> bytes:
    """Return the answer with this process's numbers."""
    return _answer(HTTPStatus.OK, MEDIA_TYPE, exposition())


async def _exchange(answers: Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(*_NOBODY_TO_ANSWER):
            async with asyncio.timeout(EXCHANGE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await _answer_to(head, answers))
                await writer.drain()
    finally:
        writer.close()


async def _answer_to(head: bytes, answers: Answers) -> bytes:
    method, _, rest = head.partition(b" ")
    answer = answers.get(rest.partition(b" ")[0].decode("latin-1")) if method == b"GET" else None
    if answer is None:
        return document(HTTPStatus.NOT_FOUND, {"status": f"only GET {', '.join(answers)} are here"})
    return await answer()


def _answer(status: int, media_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"content-type: {media_type}",
        f"content-length: {len(body)}",
        "connection: close",
    )
    return "\r\n".join((*head, "", "")).encode() + body
