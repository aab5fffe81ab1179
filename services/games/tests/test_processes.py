"""The two processes as they are really started."""

from pathlib import Path

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.process_claims import ApiClaims, WorkerClaims, assert_one_line
from fairground_common.testing.processes import Program, stopped, surroundings

DATABASE = "GAMES_DATABASE_URL"
REQUIRED = ("GATEWAY_KEY", DATABASE, "GAMES_SEED_KEY")


@pytest.fixture
def environ(games_database: ServiceDatabase, jwks_url: str, tmp_path: Path) -> dict[str, str]:
    return surroundings(tmp_path, GAMES_DATABASE_URL=games_database.app_url, GAMES_SEED_KEY="s" * 32, JWKS_URL=jwks_url)


class TestApi(ApiClaims):
    @pytest.fixture
    def program(self, environ: dict[str, str]) -> Program:
        return Program("fairground_games", environ, "GAMES_PORT", DATABASE, REQUIRED).on_a_free_port()

    async def test_retired_keys_that_are_no_list_are_one_line_without_the_keys(self, program: Program) -> None:
        end = await program.told(GAMES_RETIRED_SEED_KEYS="swordfish").end()
        assert_one_line(end, 2, "GAMES_RETIRED_SEED_KEYS")
        assert "swordfish" not in end.errors


class TestWorker(WorkerClaims):
    @pytest.fixture
    def program(self, environ: dict[str, str], fresh_bus: Bus) -> Program:
        environ |= fresh_bus.environ
        return Program("fairground_games.worker", environ, "GAMES_WORKER_PORT", DATABASE, REQUIRED).on_a_free_port()

    async def test_it_states_the_schedule_and_says_little(self, program: Program, owner: asyncpg.Connection) -> None:
        async def has_stated() -> bool:
            return await owner.fetchval("SELECT revision > 0 FROM feature_revision") is True

        async with program.running() as worker:
            assert await eventually(has_stated, within=30)
            end = await stopped(worker)
        assert (end.code, end.errors) == (0, "")
        assert end.events() == ["worker_started", "worker_stopped"]
