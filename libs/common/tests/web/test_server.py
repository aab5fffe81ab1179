"""How an HTTP process ends: unready first, then no longer accepting, then done with what was under way."""

import asyncio
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import pytest

from fairground_common.exits import EXIT_PORT_TAKEN
from fairground_common.testing import eventually
from fairground_common.testing.process_claims import assert_one_line
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

        async def refuses() -> bool:
            return (await program.probe()).status == 0

        await eventually(refuses)
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


async def test_a_new_process_can_take_over_a_shared_port(program: Program, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(30)
        shared = program.told(SHARE_PORT="true", NOTIFY_SOCKET=str(tmp_path / "notify"))
        async with shared.running() as former, shared.running() as new:
            heard = [await asyncio.to_thread(supervisor.recv, 100) for _ in range(2)]
            assert heard == [b"READY=1", b"READY=1"]
            end = await stopped(former)
            assert await asyncio.to_thread(supervisor.recv, 100) == b"STOPPING=1"
            assert (await program.probe("/after")).document == {"path": "/after"}
            last = await stopped(new)
    assert (end.code, end.errors, last.code, last.errors) == (0, "", 0, "")


async def test_a_port_is_only_shared_by_those_who_all_say_so(program: Program) -> None:
    async with program.told(SHARE_PORT="true").ready():
        end = await program.end()
    assert_one_line(end, EXIT_PORT_TAKEN, f"cannot listen on 127.0.0.1:{program.port}: Address already in use")
