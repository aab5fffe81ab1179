"""For tests of the gateway: a service that records what reaches it, and a running gateway."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httptools

from fairground_common.testing.raw import HOST, Headers, RawAnswer, RawClient, read_answer, serving_app
from fairground_gateway.__main__ import KEEP_ALIVE_SECONDS
from fairground_gateway.app import Gateway
from fairground_gateway.edge import edge
from fairground_gateway.settings import GatewaySettings

GATEWAY_KEY = "only-the-gateway-knows-this"
__all__ = [
    "GATEWAY_KEY",
    "HOST",
    "Headers",
    "RawAnswer",
    "RawClient",
    "Received",
    "RecordingService",
    "answering",
    "breaking_off",
    "read_answer",
    "sending",
    "serving",
    "staying_silent",
]


@dataclass(slots=True)
class Received:
    """A request as it reached the service, byte for byte; not ``whole`` while its body has not ended."""

    method: str = ""
    target: str = ""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    connection: int = 0
    whole: bool = False

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]


Behaviour = Callable[["Received", asyncio.StreamWriter], Awaitable[None]]
"""What the service does with a request that has arrived whole."""


def answering(status: int = 200, headers: Headers | None = None, body: bytes = b'{"ok":true}') -> Behaviour:
    """Answer with a Content-Length."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers or [])]
    head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""])

    async def behave(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + body)

    return behave


def sending(raw: bytes, *, close: bool = False) -> Behaviour:
    """Send exactly these bytes."""

    async def behave(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if close:
            await writer.drain()
            writer.close()

    return behave


async def breaking_off(_received: Received, writer: asyncio.StreamWriter) -> None:
    """End the connection without a byte."""
    writer.transport.abort()


async def staying_silent(_received: Received, _writer: asyncio.StreamWriter) -> None:
    """Never answer."""


class RecordingService:
    """A service on a real socket. ``script`` are the next behaviours, ``usually`` is what it does after them."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.script: deque[Behaviour] = deque()
        self.usually: Behaviour = answering()
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections and break those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    def forget(self) -> None:
        self.received.clear()
        self.script.clear()
        self.usually = answering()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        reading = _Reading(self.connections, self.received)
        try:
            while data := await reader.read(65536):
                reading.parser.feed_data(data)
                while reading.whole:
                    behave = self.script.popleft() if self.script else self.usually
                    await behave(reading.whole.popleft(), writer)
        except ConnectionError:
            return
        finally:
            self._writers.discard(writer)
            writer.close()


class _Reading:
    """httptools' view of one connection; requests are recorded as soon as they begin."""

    def __init__(self, connection: int, received: list[Received]) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.whole: deque[Received] = deque()
        self._connection = connection
        self._received = received
        self._now = Received()

    def on_message_begin(self) -> None:
        self._now = Received(connection=self._connection)
        self._received.append(self._now)

    def on_url(self, url: bytes) -> None:
        self._now.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._now.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._now.method = self.parser.get_method().decode()

    def on_body(self, body: bytes) -> None:
        self._now.body += body

    def on_message_complete(self) -> None:
        self._now.whole = True
        self.whole.append(self._now)


@asynccontextmanager
async def serving(
    settings: GatewaySettings, *, keep_alive: int = KEEP_ALIVE_SECONDS, gateway: Gateway | None = None
) -> AsyncIterator[RawClient]:
    """Serve a gateway on a free port, as production does but for signals."""
    gateway = gateway or Gateway(settings)
    async with serving_app(gateway, edge(settings, gateway), keep_alive=keep_alive) as client:
        yield client
