"""The two processes as they are really started."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, RewardDelivered, RewardGranted
from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded.ports import free_port
from fairground_common.messaging import Broker, Consumer, Message, bundle, declare, open_broker, queue_of
from fairground_common.testing import Databases, eventually


def environment(database: ServiceDatabase, state_dir: Path, **settings: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ENV": "test",
        "GATEWAY_KEY": "k" * 16,
        "STATE_DIR": str(state_dir),
        "SEASONPASS_DATABASE_URL": database.app_url,
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
    settings = environment(database, tmp_path, SEASONPASS_PORT=str(port))
    async with running("fairground_seasonpass", settings) as api, aiohttp.ClientSession() as session:

        async def status_of(path: str) -> int:
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                    return answer.status
            except aiohttp.ClientConnectionError:
                return 0

        async def is_ready() -> bool:
            return await status_of("/readyz") == 200

        assert await eventually(is_ready, within=30)
        assert await status_of("/api/season-pass/status") == 401
        api.send_signal(signal.SIGTERM)
        # uvicorn raises the signal again when it has shut down
        assert await asyncio.wait_for(api.wait(), 25) in {0, -signal.SIGTERM}


async def test_a_play_from_the_bus_becomes_xp_and_its_level_reward_comes_back_delivered(
    database: ServiceDatabase, databases: Databases, publish: Any, a_play: Any, season_pass: Any, tmp_path: Path
) -> None:
    await publish()
    bus = SimpleNamespace(amqp_url=None, bus_database_url=SecretStr(databases.empty("bus").owner_url))
    await declare(bus)
    games = open_broker(bus, name="games")
    await say(games, a_play(reward_xp=15))

    async def book(granted: Sequence[Envelope]) -> None:
        for each in granted:
            assert isinstance(each.data, RewardGranted)
            answer = RewardDelivered(grant_id=each.data.grant_id, delivered_at=Clock().now())
            await say(games, Envelope.of(answer, at=Clock().now()))

    async def is_delivered() -> bool:
        return bool(await season_pass.progress() == (25, 3, 1) and await season_pass.pending() == 0)

    settings = environment(database, tmp_path, BUS_DATABASE_URL=bus.bus_database_url.get_secret_value())
    booking = asyncio.create_task(Consumer(games, queue_of("games"), {RewardGranted: book}).run())
    async with running("fairground_seasonpass.worker", settings) as worker:
        assert await eventually(is_delivered, within=30)
        worker.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(worker.communicate(), 25)
    booking.cancel()
    await asyncio.wait([booking])
    await games.close()
    assert worker.returncode == 0
    assert [json.loads(line)["event"] for line in output.splitlines()][-1] == "worker_stopped"


async def say(broker: Broker, envelope: Envelope) -> None:
    await broker.publish([Message(str(envelope.event_id), envelope.type, bundle.encode([envelope.to_json()]))])


@pytest.mark.parametrize(
    ("module", "wrong", "named"),
    [
        ("fairground_seasonpass", {"SEASONPASS_DATABASE_URL": None}, "SEASONPASS_DATABASE_URL"),
        ("fairground_seasonpass", {"SEASONPASS_PORT": "http"}, "SEASONPASS_PORT"),
        ("fairground_seasonpass", {"ENV": "production", "TEST_MODE": "true"}, "TEST_MODE"),
        ("fairground_seasonpass.worker", {}, "BUS_DATABASE_URL"),
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
