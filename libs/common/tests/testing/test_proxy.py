"""The proxy misbehaves as it is told, on connections that are open already."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from fairground_common.testing import eventually
from fairground_common.testing.proxy import TcpProxy, proxied

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that says back what it hears, and remembers it."""

    def __init__(self) -> None:
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1024):
                self.heard += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:  # what some of these tests are about
            pass
        finally:
            writer.close()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[TcpProxy]:
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with proxied(f"tcp://nobody@127.0.0.1:{port}/", port) as running:
        yield running
    server.close()


@pytest.fixture
async def stream(proxy: TcpProxy) -> AsyncIterator[Stream]:
    """Yield a connection through which something has gone already."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await _said_back((reader, writer), b"first") == b"first"
    yield reader, writer
    writer.close()


async def _said_back(stream: Stream, said: bytes) -> bytes:
    reader, writer = stream
    writer.write(said)
    return await asyncio.wait_for(reader.readexactly(len(said)), 10)


async def _silent(reader: asyncio.StreamReader) -> bool:
    """Nothing can prove that nothing ever comes; a moment without is what can be seen."""
    try:
        await asyncio.wait_for(reader.read(1), 0.1)
    except TimeoutError:
        return True
    return False


async def test_refusing_breaks_what_is_open_and_lets_nobody_in(proxy: TcpProxy, stream: Stream) -> None:
    await proxy.refuse()
    assert await stream[0].read() == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", proxy.port)
    await proxy.start()
    again = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await _said_back(again, b"again") == b"again"
    again[1].close()


async def test_a_black_hole_says_nothing_and_gives_back_what_it_held(proxy: TcpProxy, stream: Stream) -> None:
    proxy.freeze()
    reader, writer = stream
    writer.write(b"held")
    late_reader, late_writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    late_writer.write(b"late")
    assert await _silent(reader)
    assert await _silent(late_reader)
    proxy.thaw()
    assert await reader.readexactly(4) == b"held"
    assert await late_reader.readexactly(4) == b"late"
    late_writer.close()


async def test_latency_is_at_least_what_was_asked_for_and_can_be_taken_back(proxy: TcpProxy, stream: Stream) -> None:
    proxy.delay(0.1, jitter=0.05)
    began = time.monotonic()
    await _said_back(stream, b"slow")
    assert time.monotonic() - began >= 0.2, "there and back"
    proxy.delay(0)
    assert await _said_back(stream, b"fast") == b"fast"


async def test_what_is_sliced_comes_in_pieces_and_whole(proxy: TcpProxy, stream: Stream) -> None:
    proxy.slice(2)
    proxy.delay(0.02)  # or the pieces would be together again by the time they are read
    reader, writer = stream
    writer.write(b"sliced")
    pieces = [await asyncio.wait_for(reader.read(100), 10)]
    while len(b"".join(pieces)) < 6:
        pieces.append(await asyncio.wait_for(reader.read(100), 10))
    assert pieces == [b"sl", b"ic", b"ed"]


async def test_a_reset_is_a_reset_and_no_end_of_file(proxy: TcpProxy, stream: Stream) -> None:
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await stream[0].read()


async def test_half_closed_the_server_still_hears(proxy: TcpProxy, stream: Stream, echo: Echo) -> None:
    proxy.half_close()
    reader, writer = stream
    assert await reader.read() == b""
    writer.write(b"more")
    await eventually(lambda: echo.heard == b"firstmore")
    assert not writer.transport.is_closing()


async def test_a_limit_lets_so_many_bytes_back_and_then_breaks(proxy: TcpProxy, stream: Stream, echo: Echo) -> None:
    proxy.limit(3)
    reader, writer = stream
    writer.write(b"answer")
    assert await reader.read() == b"ans"
    assert echo.heard == b"firstanswer"
    proxy.limit(None)
    fresh = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await _said_back(fresh, b"unlimited") == b"unlimited"
    fresh[1].close()


async def test_an_answer_is_swallowed_once_and_only_on_the_connection_that_asked(
    proxy: TcpProxy, stream: Stream, echo: Echo
) -> None:
    other = await asyncio.open_connection("127.0.0.1", proxy.port)
    happened = proxy.swallow_answer(b"COMMIT")
    assert await _said_back(stream, b"BEGIN") == b"BEGIN"
    stream[1].write(b"COMMIT")
    await happened.wait()
    await eventually(lambda: echo.heard.endswith(b"COMMIT"))
    assert await _silent(stream[0])
    assert await _said_back(other, b"COMMIT") == b"COMMIT"
    other[1].close()
