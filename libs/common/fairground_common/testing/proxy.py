"""A TCP proxy on the loopback that can misbehave like a network.

Whatever it is told holds for connections that are open already and for those to come, until it is told otherwise;
``cut``, ``reset`` and ``half_close`` happen once, to what is open. Without any of it bytes simply pass.
"""

import asyncio
import secrets
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65536
RESET_AT_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends RST instead of FIN."""


class TcpProxy:
    """Stands between clients and one server."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._seconds = self._jitter = 0.0
        self._piece = CHUNK
        self._limit: int | None = None
        self._swallowing: tuple[bytes, asyncio.Event] | None = None
        self.port = 0

    @property
    def is_in_use(self) -> bool:
        """Tell whether a client is connected."""
        return bool(self._links)

    async def start(self) -> None:
        """Accept connections, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Accept no more connections and break those that are open, until ``start``."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Break every open connection, without a goodbye."""
        for link in self._links:
            link.abort()

    def reset(self) -> None:
        """Break every open connection with a RST, both ways."""
        for link in self._links:
            link.reset()

    def half_close(self) -> None:
        """End what servers say on every open connection; what clients say still goes through."""
        for link in self._links:
            link.end_answers()

    def freeze(self) -> None:
        """Be a black hole: accept connections, let nothing through, and say nothing about it."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Let through what was held back, and all that follows."""
        self._flowing.set()

    def delay(self, seconds: float, jitter: float = 0.0) -> None:
        """Hold each chunk, either way, for ``seconds`` and at random up to ``jitter`` seconds more; 0 ends it."""
        self._seconds, self._jitter = seconds, jitter

    def slice(self, size: int | None) -> None:
        """Cut chunks, either way, into pieces of at most ``size`` bytes, each a chunk of its own; None ends it."""
        self._piece = size or CHUNK

    def limit(self, size: int | None) -> None:
        """Break each connection when ``size`` more bytes of answers have gone through it; None ends it."""
        self._limit = size
        for link in self._links:
            link.answers_left = size

    def swallow_answer(self, pattern: bytes) -> asyncio.Event:
        """Forward the next chunk for the server that holds ``pattern``, and nothing the server says after it.

        Only that one connection goes deaf, and it stays open. Returns an event that is set when an answer has been
        swallowed, so that what was asked is done. A pattern that falls on two chunks is not seen: use a short one.
        """
        happened = asyncio.Event()
        self._swallowing = pattern, happened
        return happened

    def url(self, target_url: str) -> str:
        """Return a server's URL with the proxy in its place."""
        parts = urlsplit(target_url)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    async def close(self) -> None:
        """Break everything, and wait until nothing of it is left to surprise the next test."""
        self.thaw()
        await self.refuse()
        if self._serving:
            await asyncio.wait(self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        link = _Link(writer, self._limit)
        self._links.add(link)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            link.writers.append(far_writer)
            await asyncio.gather(self._ask(link, reader, far_writer), self._answer(link, far_reader, writer))
        except OSError:
            writer.transport.abort()
        finally:
            self._links.discard(link)

    async def _ask(self, link: "_Link", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            async for data in self._pieces(reader):
                if self._swallowing is not None and self._swallowing[0] in data:
                    link.is_deaf, link.swallowed = True, self._swallowing[1]
                    self._swallowing = None
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _answer(self, link: "_Link", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            async for data in self._pieces(reader):
                if link.is_deaf:
                    link.swallowed.set()
                    continue
                writer.write(link.within_limit(data))
                await writer.drain()
                if link.answers_left == 0:
                    link.writers[-1].transport.abort()
                    break
        writer.close()  # what it has been given still goes out

    async def _pieces(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Yield what comes, as it is to be passed on and when."""
        while data := await reader.read(CHUNK):
            while data:
                piece, data = data[: self._piece], data[self._piece :]
                await self._travel()
                yield piece

    async def _travel(self) -> None:
        await self._flowing.wait()
        if self._seconds or self._jitter:
            await asyncio.sleep(self._seconds + self._jitter * secrets.randbelow(1001) / 1000)


class _Link:
    """A client's connection and, once there is one, the connection to the server it stands for."""

    def __init__(self, near: asyncio.StreamWriter, answers_left: int | None) -> None:
        self.writers = [near]
        self.answers_left = answers_left
        self.is_deaf = False
        self.swallowed = asyncio.Event()

    def abort(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    def reset(self) -> None:
        for writer in self.writers:
            if not writer.transport.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            writer.transport.abort()

    def end_answers(self) -> None:
        self.is_deaf = True
        if not self.writers[0].transport.is_closing():
            self.writers[0].write_eof()

    def within_limit(self, data: bytes) -> bytes:
        if self.answers_left is None:
            return data
        passed = data[: self.answers_left]
        self.answers_left -= len(passed)
        return passed


@asynccontextmanager
async def proxied(target_url: str, default_port: int) -> AsyncIterator[TcpProxy]:
    """Run a proxy in front of the server a URL names."""
    parts = urlsplit(target_url)
    proxy = TcpProxy(parts.hostname or "127.0.0.1", parts.port or default_port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()
