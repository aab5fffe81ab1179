"""What tests of the games service stand on: a migrated database of their own, and versions to play."""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.db import Db, open_pool
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient, TokenMint
from fairground_games.app import create_app
from fairground_games.configs.canonical import canonical_of, sha256_of
from fairground_games.games import game_of
from fairground_games.games.outcome import Version
from fairground_games.settings import GamesSettings

PLAYER, OPERATOR, ADMIN = 1, 900, 901
SEED_KEY = "a seed key only for tests, 32 b+"

StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]


@pytest.fixture
def games_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a migrated games database of this test alone."""
    return fresh_database("games")


@pytest_asyncio.fixture
async def owner(games_database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection that may do everything: to set scenes up and to look at what was written."""
    connection = await asyncpg.connect(games_database.owner_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def pool(games_database: ServiceDatabase) -> AsyncIterator[asyncpg.Pool]:
    """Yield a driver pool of the app role, as the play pipeline has it."""
    opened = await open_pool(games_database.app_url, application="test", size=10)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def db(games_database: ServiceDatabase) -> AsyncIterator[Db]:
    """Yield the database as use cases and consumers have it."""
    opened = Db.connect(games_database.app_url, application="test")
    yield opened
    await opened.close()


@pytest.fixture
def settings(games_database: ServiceDatabase, token_mint: TokenMint, jwks_url: str, tmp_path: Path) -> GamesSettings:
    """Return settings of an API process; TEST_MODE is off."""
    token_mint.keep_in(tmp_path)
    return GamesSettings.model_validate(
        {
            "env": "test",
            "jwks_url": jwks_url,
            "state_dir": tmp_path,
            "gateway_key": "k" * 16,
            "database_url": games_database.app_url,
            "seed_key": SEED_KEY,
        }
    )


@pytest_asyncio.fixture
async def anybody(settings: GamesSettings) -> AsyncIterator[AsgiClient]:
    """Yield a caller of the API without a token."""
    async with AsgiClient.running(create_app(settings)) as client:
        yield client


@pytest.fixture
def player(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(PLAYER))


@pytest.fixture
def operator(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(OPERATOR, "operator"))


@pytest.fixture
def admin(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(ADMIN, "admin"))


@pytest_asyncio.fixture
async def store_version(owner: asyncpg.Connection) -> StoreVersion:
    """Return a function: (game, config as posted) → number of the version, stored and active."""

    async def store(game_name: str, config: dict[str, Any]) -> int:
        game = game_of(game_name)
        outcomes = game.outcomes(game.config_model.model_validate(config))
        assert game.faults(outcomes) == []
        number: int = 1 + await owner.fetchval("SELECT count(*) FROM game_config WHERE game = $1", game_name)
        version = Version(game_name, number, config["name"], config["max_daily"], outcomes)
        await _insert(owner, version)
        for prize in config.get("prizes", []):
            await owner.execute(
                "INSERT INTO lottery_stock VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", prize["key"], prize.get("stock")
            )
        return number

    return store


async def _insert(owner: asyncpg.Connection, version: Version) -> None:
    canonical = canonical_of(game_of(version.game), version)
    await owner.execute("UPDATE game_config SET state = 'RETIRED' WHERE game = $1 AND state = 'ACTIVE'", version.game)
    await owner.execute(
        "INSERT INTO game_config (game, version, name, max_daily, state, canonical, sha256, created_by, created_at,"
        " activated_at) VALUES ($1, $2, $3, $4, 'ACTIVE', $5, $6, $7, now(), now())",
        version.game, version.number, version.name, version.max_daily, canonical, sha256_of(canonical), OPERATOR,
    )  # fmt: skip
    for o in version.outcomes:
        await owner.execute(
            "INSERT INTO game_outcome (game, version, key, position, label, weight, is_jackpot, is_active, reward_type,"
            " reward_amount, reward_sku, reward_label) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            version.game, version.number, o.key, o.position, o.label, o.weight, o.is_jackpot, o.is_active,
            o.reward.type, o.reward.amount, o.reward.sku, o.reward.label,
        )  # fmt: skip


@pytest_asyncio.fixture
async def schedule(owner: asyncpg.Connection) -> Callable[[str], Awaitable[None]]:
    """Return a function that makes a feature today's."""

    async def put(feature_type: str) -> None:
        await owner.execute(
            "INSERT INTO feature_schedule (date, feature_type, is_active, updated_at)"
            " VALUES ((now() AT TIME ZONE 'Asia/Seoul')::date, $1, true, now())"
            " ON CONFLICT (date) DO UPDATE SET feature_type = excluded.feature_type",
            feature_type,
        )

    return put


def a_roulette(*, max_daily: int = 3, **changes: Any) -> dict[str, Any]:
    """Return a sound wheel: odd slots pay ten times their number, even ones nothing."""
    segments = [
        {
            "slot_index": slot,
            "label": f"Segment {slot}",
            "reward": {"type": "POINT", "amount": 10 * slot} if slot % 2 else {"type": "NONE", "amount": 0},
            "weight": 10,
            "is_jackpot": slot == 5,
        }
        for slot in range(6)
    ]
    return {"name": "Wheel", "max_daily": max_daily, "segments": segments} | changes


def a_dice_game(*, max_daily: int = 3, **changes: Any) -> dict[str, Any]:
    """Return sound dice: a win pays 5 points, a loss 1 XP."""
    rewards = {
        "WIN": {"type": "POINT", "amount": 5},
        "DRAW": {"type": "NONE", "amount": 0},
        "LOSE": {"type": "XP", "amount": 1},
    }
    return {"name": "Dice", "max_daily": max_daily, "rewards": rewards} | changes


def a_lottery(*, max_daily: int = 0, stock: int | None = 7, **changes: Any) -> dict[str, Any]:
    """Return a sound lottery: one prize that runs out, one that never does."""
    prizes = [
        {
            "key": "gold",
            "label": "Gold",
            "reward": {"type": "ITEM", "amount": 1, "sku": "gold-bar"},
            "weight": 5,
            "stock": stock,
        },
        {"key": "nothing", "label": "Nothing", "reward": {"type": "NONE", "amount": 0}, "weight": 10},
    ]
    return {"name": "Lottery", "max_daily": max_daily, "prizes": prizes} | changes


@pytest.fixture
def roulette_config() -> Callable[..., dict[str, Any]]:
    return a_roulette


@pytest.fixture
def dice_config() -> Callable[..., dict[str, Any]]:
    return a_dice_game


@pytest.fixture
def lottery_config() -> Callable[..., dict[str, Any]]:
    return a_lottery


@pytest.fixture
def today() -> datetime.date:
    """Return the KST day it is now."""
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=9)).date()
