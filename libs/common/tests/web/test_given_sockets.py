"""A server may be given its socket by whoever starts it; the connections waiting there outlive each server."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairground_common.embedded import Child, Order, free_port
from fairground_common.exits import EXIT_BAD_SETTING
from fairground_common.notify import ADDRESS_SETTING
from fairground_common.sockets import BACKLOG, open_socket
from fairground_common.testing.process_claims import assert_one_line
from fairground_common.testing.processes import Ended, surroundings

SERVER = '''
"""A server that says which process answers."""
import os
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
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = b"process %d" % os.getpid()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})

serve(app, load_settings(Settings))
'''
GET = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
SECONDS = 30.0


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with open_socket("127.0.0.1", 0) as opened:
        opened.listen(BACKLOG)
        yield opened


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "given.py").write_text(SERVER)
    return surroundings(tmp_path, PYTHONPATH=str(tmp_path), APP_PORT=str(free_port()))


@pytest.fixture
def supervisor(tmp_path: Path, environ: dict[str, str]) -> Iterator[socket.socket]:
    """Return what hears how the processes are."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        environ[ADDRESS_SETTING] = str(tmp_path / "notify")
        hearing.bind(environ[ADDRESS_SETTING])
        hearing.settimeout(SECONDS)
        yield hearing


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def start(environ: dict[str, str], log: Path, listening: socket.socket) -> Child:
    return Child.start(Order([sys.executable, "-m", "given"], environ, listening=listening), log=log)


def ask(listening: socket.socket) -> socket.socket:
    line = socket.create_connection(listening.getsockname(), timeout=SECONDS)
    line.sendall(GET)
    return line


def answer(line: socket.socket) -> str:
    with line:
        return b"".join(iter(lambda: line.recv(1000), b"")).decode().rpartition("\r\n")[2]


def test_who_waits_while_nobody_serves_is_answered_by_the_next(
    environ: dict[str, str], log: Path, listening: socket.socket
) -> None:
    early = ask(listening)
    former = start(environ, log, listening)
    assert answer(early) == f"process {former.pid}"
    former.send(signal.SIGSTOP)
    waiting = ask(listening)
    former.kill()
    new = start(environ, log, listening)
    assert answer(waiting) == f"process {new.pid}"
    new.stop(patience=SECONDS)
    assert (new.returncode, log.read_text()) == (0, "")


def test_two_serve_on_one_socket_until_the_former_has_ended(
    environ: dict[str, str], log: Path, listening: socket.socket, supervisor: socket.socket
) -> None:
    former, new = start(environ, log, listening), start(environ, log, listening)
    assert [supervisor.recv(100), supervisor.recv(100)] == [b"READY=1", b"READY=1"]
    former.stop(patience=SECONDS)
    assert (former.returncode, supervisor.recv(100)) == (0, b"STOPPING=1")
    assert answer(ask(listening)) == f"process {new.pid}"
    new.stop(patience=SECONDS)
    assert (new.returncode, log.read_text()) == (0, "")


def test_what_is_given_must_listen(environ: dict[str, str], log: Path) -> None:
    with open_socket("127.0.0.1", 0) as deaf:
        child = start(environ, log, deaf)
        assert child.wait(SECONDS)
    end = Ended(child.returncode, "", log.read_text())
    assert_one_line(end, EXIT_BAD_SETTING, "bad setting LISTEN_FDS: descriptor 3 is no listening socket")


@pytest.mark.parametrize(
    ("count", "why"), [("some", "it must be a number"), ("1", "descriptor 3: Bad file descriptor")]
)
def test_what_cannot_be_given_is_told_in_one_line(environ: dict[str, str], log: Path, count: str, why: str) -> None:
    script = f"exec 3<&-; LISTEN_PID=$$ LISTEN_FDS={count} exec {sys.executable} -m given"
    child = Child.start(Order(["/bin/sh", "-c", script], environ), log=log)
    assert child.wait(SECONDS)
    assert_one_line(Ended(child.returncode, "", log.read_text()), EXIT_BAD_SETTING, f"bad setting LISTEN_FDS: {why}")


def test_what_was_given_to_another_process_is_left_alone(
    environ: dict[str, str], log: Path, supervisor: socket.socket
) -> None:
    environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
    child = Child.start(Order([sys.executable, "-m", "given"], environ), log=log)
    assert supervisor.recv(100) == b"READY=1"
    with socket.create_connection(("127.0.0.1", int(environ["APP_PORT"])), timeout=SECONDS):
        child.stop(patience=SECONDS)
    assert child.returncode == 0
