"""`fairground run`, the way a person runs it: one command up, one signal down, nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from fairground_common.embedded import free_port
from fairground_common.testing import eventually
from fairground_deploy.api import Api

pytestmark = pytest.mark.timeout(300)
"""Each test starts the whole product, some twice; a busy machine is no failure."""

UP_SECONDS = 90.0
PROCESSES = 8
OK = 200


class Run:
    """A started `fairground run`."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, output: Path) -> None:
        self.process = process
        self.api = Api(f"http://127.0.0.1:{port}")
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text()

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.said
        return "is ready" in self.said

    def descendants(self) -> set[psutil.Process]:
        return set(psutil.Process(self.process.pid).children(recursive=True))


@contextmanager
def started(folder: Path, **settings: str) -> Iterator[Run]:
    port = free_port()
    output = folder.parent / f"{folder.name}-{port}.out"  # two runs may share a folder
    environ = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port), "BROKER": "embedded", **settings}
    command = [sys.executable, "-c", "from fairground_deploy.cli import main; main()", "run"]
    with output.open("w") as file:
        process = subprocess.Popen(command, env=environ, stdout=file, stderr=subprocess.STDOUT, text=True)
    try:
        yield Run(process, int(environ["PORT"]), output)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def _left(processes: set[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


async def test_sigterm_takes_everything_down_and_data_survives(tmp_path: Path) -> None:
    account = {"username": "player1", "password": "a good password"}
    with started(tmp_path / "data") as run:
        await eventually(run.is_up, within=UP_SECONDS)
        assert run.api.call("POST", "/api/auth/register", account).status == 201
        assert f"password {(tmp_path / 'data/admin-password').read_text().strip()}" in run.said
        processes = run.descendants()
        assert len(processes) >= PROCESSES
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(60) == 0
        await eventually(lambda: not _left(processes))
    with started(tmp_path / "data") as again:
        await eventually(again.is_up, within=UP_SECONDS)
        assert again.api.call("POST", "/api/auth/login", account).status == 200
        assert "demo" not in again.said, "a second start finds everything planted"
        assert "password in " in again.said


async def test_crashes_are_survived_and_leave_nothing_behind(tmp_path: Path) -> None:
    """A process of the product is killed and comes back; then the runner itself is killed."""
    with started(tmp_path / "data") as run:
        await eventually(run.is_up, within=UP_SECONDS)
        games = next(each for each in run.descendants() if each.cmdline()[-1:] == ["fairground_games"])
        games.kill()
        await eventually(lambda: "games was killed by signal 9; starts again" in run.said)
        await eventually(lambda: run.api.call("GET", "/api/roulette/odds").status == OK, within=UP_SECONDS)
        processes = run.descendants()
        run.process.kill()
        run.process.wait()
        await eventually(lambda: not _left(processes), within=20)
    with started(tmp_path / "data") as again:
        await eventually(again.is_up, within=UP_SECONDS)


async def test_a_signal_during_the_start_stops_it(tmp_path: Path) -> None:
    with started(tmp_path / "data") as run:
        await eventually(run.descendants, within=UP_SECONDS)
        processes = run.descendants()
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(60) == 0
        await eventually(lambda: not _left(processes))


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with started(tmp_path / "data", PORT=str(port)) as run:
            assert run.process.wait(60) != 0
    assert run.said.strip() == (f"bad setting PORT: 127.0.0.1:{port} is taken by another program; set PORT to another")
    assert not (tmp_path / "data").exists()


async def test_a_second_run_with_the_same_data_is_told(tmp_path: Path) -> None:
    with started(tmp_path / "data") as first:
        await eventually(first.descendants, within=UP_SECONDS)
        with started(tmp_path / "data", PORT=str(free_port())) as second:
            assert second.process.wait(60) != 0
            assert "another `make run` uses" in second.said
            assert len(second.said.splitlines()) == 1


async def test_a_changed_admin_password_with_kept_data_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with started(folder, ADMIN_PASSWORD="a good password") as run:
        await eventually((folder / "admin-password").exists, within=UP_SECONDS)
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(60)
    with started(folder, ADMIN_PASSWORD="another password") as again:
        assert again.process.wait(60) != 0
    assert again.said.startswith("bad setting ADMIN_PASSWORD: ")
    assert "another password" not in again.said


@pytest.mark.parametrize("setting", ["AMQP_URL", "GAMES_DATABASE_URL"])
async def test_a_given_address_where_nobody_answers_is_told(tmp_path: Path, setting: str) -> None:
    scheme = "amqp" if setting == "AMQP_URL" else "postgresql"
    with started(tmp_path / "data", **{setting: f"{scheme}://u:p@127.0.0.1:{free_port()}/x"}) as run:
        assert run.process.wait(90) == 1
        assert "Traceback" not in run.said
        assert "cannot be prepared" in run.said
