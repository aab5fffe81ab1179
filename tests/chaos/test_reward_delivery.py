"""A level reward from one worker process to the other and back, told again because nobody answered."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, PlaySettled, Reward
from fairground_common.db.provision import ServiceDatabase
from fairground_common.ids import new_id
from fairground_common.messaging import Message, bundle
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.processes import Program, surroundings

PLAYER, POINTS = 7, 300
PATIENCE = 30.0

SEASON = """
WITH season AS (
    INSERT INTO season_pass_config (season_name, start_date, end_date, max_level, base_xp_per_stamp, claim_grace_days,
        state, created_at, published_at)
    VALUES ('Winter', $1::date, $1::date, 1, 10, 7, 'PUBLISHED', now(), now()) RETURNING id
)
INSERT INTO season_pass_level (season_id, level, required_xp, reward, auto_claim)
SELECT id, 1, 10, jsonb_build_object('type', 'POINT', 'amount', $2::int), true FROM season
"""


@pytest.fixture
async def pass_books(pass_database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield a look into the season pass's database."""
    connection = await asyncpg.connect(pass_database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def games_books(balance_database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield a look into the games database."""
    connection = await asyncpg.connect(balance_database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
def pass_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    return fresh_database("seasonpass")


@pytest.fixture
def balance_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    return fresh_database("games")


@pytest.fixture
def pass_worker(pass_database: ServiceDatabase, fresh_bus: Bus, jwks_url: str, tmp_path: Path) -> Program:
    environ = surroundings(tmp_path, SEASONPASS_DATABASE_URL=pass_database.app_url, JWKS_URL=jwks_url)
    program = Program("fairground_seasonpass.worker", environ | fresh_bus.environ, "SEASONPASS_WORKER_PORT")
    return program.on_a_free_port()


@pytest.fixture
def games_worker(balance_database: ServiceDatabase, fresh_bus: Bus, jwks_url: str, tmp_path: Path) -> Program:
    environ = surroundings(
        tmp_path, GAMES_DATABASE_URL=balance_database.app_url, GAMES_SEED_KEY="s" * 32, JWKS_URL=jwks_url
    )
    return Program("fairground_games.worker", environ | fresh_bus.environ, "GAMES_WORKER_PORT").on_a_free_port()


async def test_a_reward_told_again_after_a_minute_is_booked_once_under_its_grant_and_delivered(
    pass_worker: Program,
    games_worker: Program,
    pass_books: asyncpg.Connection,
    games_books: asyncpg.Connection,
    fresh_bus: Bus,
) -> None:
    """Games is away while the grant is said, and still a minute later; then it finds both messages."""
    today = Clock().today()
    await pass_books.execute(SEASON, today, POINTS)

    async def is_told(times: int) -> bool:
        attempts = await pass_books.fetchval("SELECT attempts FROM season_pass_delivery WHERE delivered_at IS NULL")
        unsent = await pass_books.fetchval("SELECT count(*) FROM outbox")
        return (attempts, unsent) == (times, 0)

    async def is_delivered() -> bool:
        return bool(await pass_books.fetchval("SELECT bool_and(delivered_at IS NOT NULL) FROM season_pass_delivery"))

    async with pass_worker.running():
        await settle_a_play(fresh_bus)
        await eventually(lambda: is_told(1), within=PATIENCE)
    async with pass_worker.told(CLOCK_OFFSET_SECONDS="61").running():
        await eventually(lambda: is_told(2), within=PATIENCE)
        async with games_worker.running():
            await eventually(is_delivered, within=PATIENCE)
            await assert_booked_once(pass_books, games_books)
            await pass_books.execute("UPDATE season_pass_delivery SET delivered_at = NULL, due_at = sent_at")
            await eventually(is_delivered, within=PATIENCE)
            await assert_booked_once(pass_books, games_books)
    assert await pass_books.fetchval("SELECT attempts FROM season_pass_delivery") == 3


async def settle_a_play(bus: Bus) -> None:
    """Say what games says of a play that stamps the day."""
    now = Clock().now()
    play = PlaySettled(
        play_id=new_id(),
        user_id=PLAYER,
        feature_type="ROULETTE",
        day=Clock().today(),
        outcome="HIT",
        reward=Reward(type="NONE"),
        config_version=1,
    )
    envelope = Envelope.of(play, at=now, key=PLAYER)
    message = Message(str(envelope.event_id), envelope.type, bundle.encode([envelope.to_json()]))
    await bus.broker().publish([message])


async def assert_booked_once(pass_books: asyncpg.Connection, games_books: asyncpg.Connection) -> None:
    grant_id = await pass_books.fetchval("SELECT grant_id FROM season_pass_reward_log WHERE user_id = $1", PLAYER)
    ledger = await games_books.fetch("SELECT user_id, amount, source_kind, source_id FROM reward_ledger")
    assert [tuple(line) for line in ledger] == [(PLAYER, POINTS, "grant", grant_id)]
    assert await games_books.fetchval("SELECT balance FROM player WHERE user_id = $1", PLAYER) == POINTS
