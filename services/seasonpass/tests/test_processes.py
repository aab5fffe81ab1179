"""The two processes as they are really started."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, RewardDelivered, RewardGranted
from fairground_common.db.provision import ServiceDatabase
from fairground_common.messaging import Broker, Consumer, Message, bundle, queue_of
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.process_claims import ApiClaims, WorkerClaims
from fairground_common.testing.processes import Program, stopped, surroundings

DATABASE = "SEASONPASS_DATABASE_URL"
REQUIRED = ("GATEWAY_KEY", DATABASE)


@pytest.fixture
def environ(database: ServiceDatabase, jwks_url: str, tmp_path: Path) -> dict[str, str]:
    return surroundings(tmp_path, SEASONPASS_DATABASE_URL=database.app_url, JWKS_URL=jwks_url)


class TestApi(ApiClaims):
    @pytest.fixture
    def program(self, environ: dict[str, str]) -> Program:
        return Program("fairground_seasonpass", environ, "SEASONPASS_PORT", DATABASE, REQUIRED).on_a_free_port()


class TestWorker(WorkerClaims):
    @pytest.fixture
    def program(self, environ: dict[str, str], fresh_bus: Bus) -> Program:
        environ |= fresh_bus.environ
        return Program(
            "fairground_seasonpass.worker", environ, "SEASONPASS_WORKER_PORT", DATABASE, REQUIRED
        ).on_a_free_port()

    async def test_a_play_from_the_bus_becomes_xp_and_its_level_reward_comes_back_delivered(
        self, program: Program, fresh_bus: Bus, publish: Any, a_play: Any, season_pass: Any
    ) -> None:
        await publish()
        games = fresh_bus.broker()
        await say(games, a_play(reward_xp=15))

        async def book(granted: Sequence[Envelope]) -> None:
            for each in granted:
                assert isinstance(each.data, RewardGranted)
                answer = RewardDelivered(grant_id=each.data.grant_id, delivered_at=Clock().now())
                await say(games, Envelope.of(answer, at=Clock().now()))

        async def is_delivered() -> bool:
            return bool(await season_pass.progress() == (25, 3, 1) and await season_pass.pending() == 0)

        booking = asyncio.create_task(Consumer(games, queue_of("games"), {RewardGranted: book}).run())
        async with program.running() as worker:
            assert await eventually(is_delivered, within=30)
            end = await stopped(worker)
        booking.cancel()
        await asyncio.wait([booking])
        assert (end.code, end.events()[-1]) == (0, "worker_stopped")


async def say(broker: Broker, envelope: Envelope) -> None:
    await broker.publish([Message(str(envelope.event_id), envelope.type, bundle.encode([envelope.to_json()]))])
