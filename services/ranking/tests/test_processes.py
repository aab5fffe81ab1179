"""The two processes as they are really started."""

import asyncio
import datetime
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, FeatureDay, FeatureDaysChanged, FeatureTitle
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.features import find_day
from fairground_common.messaging import Message, bundle
from fairground_common.testing import Answer, TokenMint, eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.chaos import Member, running_members
from fairground_common.testing.chaos.callers import send
from fairground_common.testing.contents import contents
from fairground_common.testing.process_claims import ApiClaims, WorkerClaims
from fairground_common.testing.processes import Program, stopped, surroundings
from fairground_ranking.features.models import FEATURES, RANKING

DATABASE = "RANKING_DATABASE_URL"
REQUIRED = ("GATEWAY_KEY", DATABASE)
NOWHERE = "http://127.0.0.1:1/.well-known/jwks.json"
MANY = 1000

Ask = Callable[..., Coroutine[Any, Any, Answer]]


def entries_of(score: int) -> dict[str, Any]:
    """Return an upload in which everybody has the same score."""
    users = range(1, MANY + 1)
    return {"entries": [{"rank": user, "user_id": user, "display_name": "x", "score": score} for user in users]}


async def somebody_waits(owner: asyncpg.Connection) -> bool:
    return bool(await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def nobody_is_connected(owner: asyncpg.Connection) -> bool:
    apis = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ranking'"
    return not await owner.fetchval(apis)


@pytest.fixture
async def owner(database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
def environ(database: ServiceDatabase, jwks_url: str, tmp_path: Path) -> dict[str, str]:
    return surroundings(tmp_path, RANKING_DATABASE_URL=database.app_url, JWKS_URL=jwks_url)


class TestApi(ApiClaims):
    @pytest.fixture
    def program(self, environ: dict[str, str]) -> Program:
        return Program("fairground_ranking", environ, "RANKING_PORT", DATABASE, REQUIRED).on_a_free_port()


class TestRankings:
    """Real requests to a real process, and what is left when it is killed."""

    @pytest.fixture
    async def api(self, environ: dict[str, str], token_mint: TokenMint, tmp_path: Path) -> AsyncIterator[Member]:
        """Yield the API on any day, with nobody else there: neither auth, games, broker nor Valkey."""
        token_mint.keep_in(tmp_path)
        alone = environ | {"JWKS_URL": NOWHERE, "TEST_MODE": "true", "LOG_LEVEL": "error"}
        async with running_members(Program("fairground_ranking", alone, "RANKING_PORT", DATABASE)) as [member]:
            yield member

    @pytest.fixture
    def ask(self, api: Member, token_mint: TokenMint) -> Ask:
        """Return a function that sends a request of player 900, who is an operator as well."""

        async def ask(method: str, path: str, body: Any = None) -> Answer:
            content = b"" if body is None else json.dumps(body).encode()
            return await send(api.port, method, path, token_mint.headers(900, "operator"), content)

        return ask

    async def test_it_publishes_and_serves_while_everything_but_its_database_is_away(
        self, ask: Ask, state_schedule: Any, today: datetime.date
    ) -> None:
        await state_schedule("DICE")
        assert (await ask("PUT", f"/api/admin/ranking/{today}", entries_of(5))).body == {"version": 1, "entries": MANY}
        shown = (await ask("GET", "/api/ranking/today")).body
        assert (len(shown["top"]), shown["me"]) == (10, {"rank": 900, "score": 5, "is_in_top": False})

    async def test_killed_before_an_upload_is_committed_it_leaves_the_old_ranking_and_nothing_else(
        self,
        api: Member,
        ask: Ask,
        owner: asyncpg.Connection,
        state_schedule: Any,
        today: datetime.date,
    ) -> None:
        await state_schedule()
        await ask("PUT", f"/api/admin/ranking/{today}", entries_of(1))
        before = await contents(owner)
        async with owner.transaction():
            await owner.execute("SELECT FROM ranking_day FOR UPDATE")  # reached when all entries are written
            upload = asyncio.create_task(ask("PUT", f"/api/admin/ranking/{today}", entries_of(2)))
            await eventually(lambda: somebody_waits(owner))
            assert (await ask("GET", "/api/ranking/today")).body["me"]["score"] == 1
            await api.kill()
            with pytest.raises(ConnectionError):
                await upload
        await self.starts_again_as_if_nothing_had_been_sent(api, ask, owner, before, today)

    async def test_killed_while_an_upload_arrives_it_leaves_the_old_ranking_and_nothing_else(
        self,
        api: Member,
        ask: Ask,
        owner: asyncpg.Connection,
        token_mint: TokenMint,
        state_schedule: Any,
        today: datetime.date,
    ) -> None:
        await state_schedule()
        await ask("PUT", f"/api/admin/ranking/{today}", entries_of(1))
        before = await contents(owner)
        _, writer = await asyncio.open_connection("127.0.0.1", api.port)
        token = token_mint.headers(900, "operator")["authorization"]
        head = f"PUT /api/admin/ranking/{today} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-length: 99999"
        writer.write(head.encode() + b'\r\n\r\n{"entries": [')
        await writer.drain()
        assert (await ask("GET", "/api/ranking/today")).body["me"]["score"] == 1
        await api.kill()
        writer.close()
        await self.starts_again_as_if_nothing_had_been_sent(api, ask, owner, before, today)

    @staticmethod
    async def starts_again_as_if_nothing_had_been_sent(
        api: Member, ask: Ask, owner: asyncpg.Connection, before: dict[str, str | None], today: datetime.date
    ) -> None:
        await eventually(lambda: nobody_is_connected(owner))
        assert await contents(owner) == before
        await api.start()
        assert (await ask("GET", "/api/ranking/today")).body["me"]["score"] == 1
        assert (await ask("PUT", f"/api/admin/ranking/{today}", entries_of(2))).body["version"] == 2
        assert (await ask("GET", "/api/ranking/today")).body["me"]["score"] == 2


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
