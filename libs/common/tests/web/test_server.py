"""How an HTTP process ends: unready first, then no longer accepting, then done with what was under way."""

import asyncio
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import pytest

from fairground_common.testing import eventually
from fairground_common.testing.processes import Program, ended, stopped, surroundings

APP = '''
"""An app that answers every path with it; /slow only when the file RELEASE is there."""
import asyncio, os
from pathlib import Path
from pydantic_settings import SettingsConfigDict
from fairground_common.settings import ServerSettings, load_settings
from fairground_common.web import serve

class Settings(ServerSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")
    host: str = "127.0.0.1"
    port: int

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        print("starting", flush=True)
        while "HOLD" in os.environ:
            await asyncio.sleep(0.01)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/slow":
        print("arrived", flush=True)
        while not Path(os.environ["RELEASE"]).exists():
            await asyncio.sleep(0.01)
    body = b'{"path":"%s"}' % scope["path"].encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

serve(app, load_settings(Settings))
'''
GET = b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def release(tmp_path: Path) -> Callable[[], None]:
    """Return what lets /slow answer."""
    return (tmp_path / "release").touch


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "served.py").write_text(APP)
    environ = surroundings(tmp_path, PYTHONPATH=str(tmp_path), RELEASE=str(tmp_path / "release"))
    return Program("served", environ, "APP_PORT").on_a_free_port()


async def said(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()


async def open_line(program: Program) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", program.port)


async def ask(line: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: bytes) -> bytes:
    reader, writer = line
    writer.write(GET % path)
    return await reader.readuntil(b"}")


async def refused(program: Program) -> None:
    """Return when nobody listens any more."""

    async def refuses() -> bool:
        return (await program.probe()).status == 0

    await eventually(refuses)


async def test_it_is_unready_at_once_and_serves_on_until_the_pause_is_over(program: Program) -> None:
    async with program.told(DRAIN_SECONDS="2").ready() as process:
        kept = await open_line(program)
        assert b"connection: close" not in await ask(kept, b"/before")
        process.send_signal(signal.SIGTERM)

        async def unready() -> bool:
            return (await program.probe()).status == 503

        await eventually(unready)
        assert (await program.probe("/new")).document == {"path": "/new"}
        assert b"connection: close" in await ask(kept, b"/kept")
        assert await kept[0].read() == b""
        kept[1].close()
        end = await ended(process)
    assert (end.code, end.errors) == (0, "")
    assert (await program.probe()).status == 0


async def test_without_a_pause_it_finishes_what_is_under_way_and_takes_nothing_new(
    program: Program, release: Callable[[], None]
) -> None:
    async with program.ready() as process:
        assert await said(process) == "starting"
        under_way, idle = await open_line(program), await open_line(program)
        await ask(idle, b"/idle")
        asking = asyncio.create_task(ask(under_way, b"/slow"))
        assert await said(process) == "arrived"
        process.send_signal(signal.SIGTERM)
        await refused(program)
        assert await idle[0].read() == b""
        release()
        assert b'{"path":"/slow"}' in await asking
        for _, writer in (under_way, idle):
            writer.close()
        end = await ended(process)
    assert (end.code, end.errors) == (0, "")


async def test_further_signals_change_nothing(program: Program, release: Callable[[], None]) -> None:
    async with program.told(DRAIN_SECONDS="0.5").ready() as process:
        assert await said(process) == "starting"
        line = await open_line(program)
        asking = asyncio.create_task(ask(line, b"/slow"))
        assert await said(process) == "arrived"
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
            await asyncio.sleep(0.05)  # the kernel makes one of several that come together
        release()
        assert b'{"path":"/slow"}' in await asking
        line[1].close()
        process.send_signal(signal.SIGTERM)
        end = await ended(process)
    assert (end.code, end.errors) == (0, "")


async def test_a_signal_before_it_serves_ends_it_at_once(program: Program) -> None:
    async with program.told(HOLD="1").running() as process:
        assert await said(process) == "starting"
        end = await stopped(process)
    assert (end.code, end.errors) == (0, "")


async def test_whoever_has_just_connected_may_still_ask(program: Program) -> None:
    async with program.ready() as process:
        await ask(idle := await open_line(program), b"/idle")
        quiet = await open_line(program)
        process.send_signal(signal.SIGTERM)
        await refused(program)
        for line in (quiet, idle):
            assert b"connection: close" in await ask(line, b"/late")
            assert await line[0].read() == b""
            line[1].close()
        end = await ended(process)
    assert (end.code, end.errors) == (0, "")


async def test_a_request_that_meets_the_very_end_is_never_reset(program: Program) -> None:
    """Its client sees an end without an answer, and knows from it that nobody has looked at the request."""
    async with program.ready() as process:
        line = await asyncio.to_thread(socket.create_connection, ("127.0.0.1", program.port))
        with line:
            line.settimeout(30)
            await asyncio.to_thread(line.sendall, GET % b"/before")
            assert await asyncio.to_thread(line.recv, 1000)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(line.recv, 1000) == b""
            line.sendall(GET % b"/too-late")
            end = await ended(process)
            assert await asyncio.to_thread(line.recv, 1000) == b""
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    assert (end.code, end.errors) == (0, "")
