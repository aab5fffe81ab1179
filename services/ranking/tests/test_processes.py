"""The two processes as they are really started."""

import asyncio
import datetime
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from pydantic import SecretStr

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, FeatureDay, FeatureDaysChanged, FeatureTitle
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded.ports import free_port
from fairground_common.features import find_day
from fairground_common.messaging import Message, bundle, declare, open_broker
from fairground_common.testing import Databases, eventually
from fairground_ranking.features.models import FEATURES, RANKING


def environment(database: ServiceDatabase, state_dir: Path, **settings: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ENV": "test",
        "GATEWAY_KEY": "k" * 16,
        "STATE_DIR": str(state_dir),
        "RANKING_DATABASE_URL": database.app_url,
        **settings,
    }


@asynccontextmanager
async def running(module: str, settings: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=settings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_api_serves_and_ends_cleanly_on_sigterm(database: ServiceDatabase, tmp_path: Path) -> None:
    port = free_port()
    settings = environment(database, tmp_path, RANKING_PORT=str(port))
    async with running("fairground_ranking", settings) as api, aiohttp.ClientSession() as session:

        async def status_of(path: str) -> int:
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                    return answer.status
            except aiohttp.ClientConnectionError:
                return 0

        async def is_ready() -> bool:
            return await status_of("/readyz") == 200

        assert await eventually(is_ready, within=30)
        assert await status_of("/api/ranking/today") == 401
        api.send_signal(signal.SIGTERM)
        # uvicorn raises the signal again when it has shut down
        assert await asyncio.wait_for(api.wait(), 25) in {0, -signal.SIGTERM}


async def test_the_worker_learns_the_schedule_from_the_bus_and_ends_cleanly_on_sigterm(
    database: ServiceDatabase, databases: Databases, db: Db, today: datetime.date, tmp_path: Path
) -> None:
    bus = SimpleNamespace(amqp_url=None, bus_database_url=SecretStr(databases.empty("bus").owner_url))
    await declare(bus)
    event = FeatureDaysChanged(
        revision=1,
        days=(FeatureDay(date=today, feature_type="RANKING", is_active=True),),
        features=(FeatureTitle(type="RANKING", is_enabled=True, title="Ranking"),),
    )
    body = bundle.encode([Envelope.of(event, at=Clock().now(), revision=1).to_json()])
    games = open_broker(bus, name="test")
    await games.publish([Message("1", event.type, body)])
    await games.close()

    async def ranking_is_open() -> bool:
        async with db.read() as tx:
            day = await find_day(tx, FEATURES, RANKING, today)
        return day is not None and day.scheduled == RANKING

    settings = environment(database, tmp_path, BUS_DATABASE_URL=bus.bus_database_url.get_secret_value())
    async with running("fairground_ranking.worker", settings) as worker:
        assert await eventually(ranking_is_open, within=30)
        worker.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(worker.communicate(), 25)
    assert worker.returncode == 0
    assert [json.loads(line)["event"] for line in output.splitlines()][-1] == "worker_stopped"


@pytest.mark.parametrize(
    ("module", "wrong", "named"),
    [
        ("fairground_ranking", {"RANKING_DATABASE_URL": None}, "RANKING_DATABASE_URL"),
        ("fairground_ranking", {"RANKING_PORT": "http"}, "RANKING_PORT"),
        ("fairground_ranking", {"ENV": "production", "TEST_MODE": "true"}, "TEST_MODE"),
        ("fairground_ranking.worker", {}, "BUS_DATABASE_URL"),
    ],
)
async def test_a_wrong_setting_is_one_line_that_names_it(
    database: ServiceDatabase, tmp_path: Path, module: str, wrong: dict[str, str | None], named: str
) -> None:
    settings = {**environment(database, tmp_path), **wrong}
    given = {name: value for name, value in settings.items() if value is not None}
    async with running(module, given) as process:
        output, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert named in errors.decode()
    assert errors.count(b"\n") == 1
    assert not output
