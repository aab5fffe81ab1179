"""The two processes as they are really started."""

import datetime
from pathlib import Path

import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, FeatureDay, FeatureDaysChanged, FeatureTitle
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.features import find_day
from fairground_common.messaging import Message, bundle
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.process_claims import ApiClaims, WorkerClaims
from fairground_common.testing.processes import Program, stopped, surroundings
from fairground_ranking.features.models import FEATURES, RANKING

DATABASE = "RANKING_DATABASE_URL"
REQUIRED = ("GATEWAY_KEY", DATABASE)


@pytest.fixture
def environ(database: ServiceDatabase, jwks_url: str, tmp_path: Path) -> dict[str, str]:
    return surroundings(tmp_path, RANKING_DATABASE_URL=database.app_url, JWKS_URL=jwks_url)


class TestApi(ApiClaims):
    @pytest.fixture
    def program(self, environ: dict[str, str]) -> Program:
        return Program("fairground_ranking", environ, "RANKING_PORT", DATABASE, REQUIRED).on_a_free_port()


class TestWorker(WorkerClaims):
    @pytest.fixture
    def program(self, environ: dict[str, str], fresh_bus: Bus) -> Program:
        environ |= fresh_bus.environ
        return Program("fairground_ranking.worker", environ, "RANKING_WORKER_PORT", DATABASE, REQUIRED).on_a_free_port()

    async def test_it_learns_the_schedule_from_the_bus_and_needs_no_port(
        self, program: Program, fresh_bus: Bus, db: Db, today: datetime.date
    ) -> None:
        event = FeatureDaysChanged(
            revision=1,
            days=(FeatureDay(date=today, feature_type="RANKING", is_active=True),),
            features=(FeatureTitle(type="RANKING", is_enabled=True, title="Ranking"),),
        )
        body = bundle.encode([Envelope.of(event, at=Clock().now(), revision=1).to_json()])
        await fresh_bus.broker().publish([Message("1", event.type, body)])

        async def ranking_is_open() -> bool:
            async with db.read() as tx:
                day = await find_day(tx, FEATURES, RANKING, today)
            return day is not None and day.scheduled == RANKING

        async with program.told(RANKING_WORKER_PORT=None).running() as worker:
            assert await eventually(ranking_is_open, within=30)
            assert (await program.probe()).status == 0
            end = await stopped(worker)
        assert (end.code, end.events()[-1]) == (0, "worker_stopped")
