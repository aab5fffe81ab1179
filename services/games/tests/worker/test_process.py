"""The worker as it is really started."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from fairground_common.db.provision import ServiceDatabase
from fairground_common.messaging import declare
from fairground_common.testing import Databases, eventually
from fairground_common.testing.buses import Bus


@pytest.fixture
def environment(games_database: ServiceDatabase, tmp_path: Path) -> dict[str, str]:
    """Return what a worker is told, but for its broker."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ENV": "test",
        "GATEWAY_KEY": "k" * 16,
        "STATE_DIR": str(tmp_path),
        "GAMES_DATABASE_URL": games_database.app_url,
        "GAMES_SEED_KEY": "a seed key only for tests, 32 b+",
    }


@asynccontextmanager
async def started(environ: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fairground_games.worker",
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_worker_states_the_schedule_and_ends_cleanly_on_sigterm(
    environment: dict[str, str], databases: Databases, owner: asyncpg.Connection
) -> None:
    bus_url = databases.empty("bus").owner_url
    await declare(Bus(bus_database_url=SecretStr(bus_url)))

    async def has_stated() -> bool:
        return await owner.fetchval("SELECT revision > 0 FROM feature_revision") is True

    async with started({**environment, "BUS_DATABASE_URL": bus_url}) as worker:
        assert await eventually(has_stated, within=30)
        worker.send_signal(signal.SIGTERM)
        output, errors = await asyncio.wait_for(worker.communicate(), 25)
    assert (worker.returncode, errors) == (0, b"")
    assert [json.loads(line)["event"] for line in output.splitlines()] == ["worker_started", "worker_stopped"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({}, "BUS_DATABASE_URL"),
        ({"AMQP_URL": "amqp://localhost", "GAMES_SEED_KEY": "short"}, "GAMES_SEED_KEY"),
        ({"AMQP_URL": "amqp://localhost", "GAMES_DATABASE_URL": None}, "GAMES_DATABASE_URL"),
        ({"AMQP_URL": "amqp://localhost", "GATEWAY_KEY": None}, "GATEWAY_KEY"),
        ({"AMQP_URL": "amqp://localhost", "ENV": "production", "CLOCK_OFFSET_SECONDS": "1"}, "CLOCK_OFFSET_SECONDS"),
    ],
)
async def test_a_wrong_setting_is_one_line_that_names_it(
    environment: dict[str, str], wrong: dict[str, str | None], named: str
) -> None:
    given = {name: value for name, value in (environment | wrong).items() if value is not None}
    async with started(given) as process:
        output, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert named in errors.decode()
    assert errors.count(b"\n") == 1
    assert not output
