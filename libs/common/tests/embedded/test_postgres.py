"""PostgreSQL as a child process."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from fairground_common.embedded import PartError, Postgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path, password="a/b:c@d", options={"fsync": "off"})
    server.start()
    yield server
    server.stop()


async def _run(server: Postgres, sql: str) -> object:
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_data_survives_a_restart(server: Postgres) -> None:
    await _run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    server.start()
    assert await _run(server, "SELECT answer FROM kept") == 42


async def test_data_survives_a_crash(server: Postgres) -> None:
    await _run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.child.kill()
    server.start()
    assert await _run(server, "SELECT answer FROM kept") == 42


async def test_a_wrong_password_is_refused(server: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url.replace("a%2Fb", "wrong"))


async def test_options_reach_the_server(server: Postgres) -> None:
    assert await _run(server, "SHOW fsync") == "off"


async def test_pid_file_of_somebody_else_does_not_hinder_the_start(server: Postgres) -> None:
    server.stop()
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{server.data}\n1700000000\n5432\n\n127.0.0.1\n123 456\nready\n")
    server.start()
    assert await _run(server, "SELECT 1") == 1


async def test_server_left_by_a_killed_runner_is_ended_first(server: Postgres) -> None:
    heir = Postgres(server.folder, password="a/b:c@d")
    heir.start()
    try:
        assert server.child.wait(10)
        assert await _run(heir, "SELECT 1") == 1
    finally:
        heir.stop()


def test_stop_is_a_clean_shutdown(server: Postgres) -> None:
    server.stop()
    assert server.child.returncode == 0
    assert not (server.data / "postmaster.pid").exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Postgres(tmp_path, password="x", options={"shared_buffers": "nonsense"})
    with pytest.raises(PartError, match="shared_buffers"):
        server.start()


def test_an_interrupted_first_start_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    half = tmp_path / "data"
    half.mkdir(mode=0o700)
    (half / "leftover").touch()
    server = Postgres(tmp_path, password="x")
    server.start()
    server.child.send(signal.SIGINT)
    assert server.child.wait(10)
