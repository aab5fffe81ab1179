"""A server on a real socket, as production has it but for signals, and a client that speaks HTTP byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import uvicorn
from starlette.types import ASGIApp

from fairground_common.testing.eventually import eventually

HOST = "127.0.0.1"
Headers = list[tuple[str, str]]


@dataclass(slots=True)
class RawAnswer:
    """What came back. Header names are in lower case."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header's value; several are joined by commas, as HTTP means them."""
        values = [value for each, value in self.headers if each == name]
        return ", ".join(values) if values else None

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """The `code` of a problem."""
        assert self.header("content-type") == "application/problem+json", self
        return str(self.json["code"])


class RawClient:
    """Speaks HTTP byte by byte, one connection per request."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def ask(self, method: str, target: str, headers: Headers | None = None, body: bytes = b"") -> RawAnswer:
        """Send a well-formed request with a Content-Length when there is a body."""
        lines = [f"{method} {target} HTTP/1.1", "host: test", *(f"{name}: {value}" for name, value in headers or [])]
        if body:
            lines.append(f"content-length: {len(body)}")
        return await self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    async def send(self, raw: bytes) -> RawAnswer:
        """Send exactly these bytes and return the answer to them."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            writer.write(raw)
            return await read_answer(reader)
        finally:
            writer.close()


async def read_answer(reader: asyncio.StreamReader) -> RawAnswer:
    """Read one answer from a connection; fails with IncompleteReadError when it is cut off."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.strip().split("\r\n")
    headers = [(line.partition(":")[0].lower(), line.partition(":")[2].strip()) for line in lines]
    answer = RawAnswer(int(status.split()[1]), headers, b"")
    if answer.header("transfer-encoding") == "chunked":
        answer.body = await _chunks(reader)
    else:
        answer.body = await reader.readexactly(int(answer.header("content-length") or 0))
    return answer


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the test run."""
        yield


@asynccontextmanager
async def serving_app(
    app: ASGIApp, protocol: Callable[..., asyncio.Protocol], *, keep_alive: int
) -> AsyncIterator[RawClient]:
    """Serve an app on a free port with a protocol of ours."""
    config = uvicorn.Config(
        app,
        host=HOST,
        port=0,
        http=cast("type[asyncio.Protocol]", protocol),
        ws="none",
        lifespan="on",
        timeout_keep_alive=keep_alive,
        log_config=None,
        proxy_headers=False,
        access_log=False,
        server_header=False,
        date_header=False,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield RawClient(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await running
