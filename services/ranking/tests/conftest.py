"""The ranking under test: its own migrated database, its API called in process, tokens of a test mint."""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import FeatureDay, FeatureDaysChanged, FeatureTitle
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient, TokenMint
from fairground_ranking.app import create_app
from fairground_ranking.features.usecases import take_over_schedule
from fairground_ranking.schema import metadata
from fairground_ranking.settings import ApiSettings

OPERATOR_ID = 900
PLAYER_ID = 1

Entry = Callable[..., dict[str, Any]]
State = Callable[..., Awaitable[None]]


@pytest.fixture
async def database(make_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """The session's database, empty: a new one for each test would take longer than most tests."""
    database = make_database("ranking")
    owner = await asyncpg.connect(database.owner_url)
    try:
        await owner.execute(f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)}")
    finally:
        await owner.close()
    return database


@pytest.fixture
def spoilt_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """A database of the test's own, for tests that alter it."""
    return fresh_database("ranking")


@pytest.fixture
async def db(database: ServiceDatabase) -> AsyncIterator[Db]:
    db = Db.connect(database.app_url, application="ranking-test")
    yield db
    await db.close()


@pytest.fixture
def settings(database: ServiceDatabase, jwks_url: str, tmp_path: Path) -> ApiSettings:
    return ApiSettings.model_validate(
        {
            "env": "test",
            "jwks_url": jwks_url,
            "state_dir": tmp_path,
            "gateway_key": "k" * 16,
            "database_url": database.app_url,
        }
    )


@pytest.fixture
async def anybody(settings: ApiSettings) -> AsyncIterator[AsgiClient]:
    """A caller without a token."""
    async with AsgiClient.running(create_app(settings)) as client:
        yield client


@pytest.fixture
def player(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(PLAYER_ID))


@pytest.fixture
def operator(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(OPERATOR_ID, "operator"))


@pytest.fixture
def today() -> datetime.date:
    return Clock().today()


@pytest.fixture
def an_entry() -> Entry:
    """Return a builder of entries as they are uploaded."""

    def build(rank: int, user_id: int | None = None, **fields: Any) -> dict[str, Any]:
        return {"rank": rank, "user_id": user_id, "display_name": f"Player {rank}", "score": 1000 - rank, **fields}

    return build


@pytest.fixture
def state_schedule(db: Db, today: datetime.date) -> State:
    """Return what games would do: state that today belongs to a feature."""

    async def state(
        feature_type: str | None = "RANKING", *, is_active: bool = True, is_enabled: bool = True, revision: int = 1
    ) -> None:
        days = [FeatureDay(date=today, feature_type=feature_type, is_active=is_active)] if feature_type else []
        title = FeatureTitle(type="RANKING", is_enabled=is_enabled, title="Ranking")
        async with db.begin() as tx:
            await take_over_schedule(tx, FeatureDaysChanged(revision=revision, days=tuple(days), features=(title,)))

    return state
