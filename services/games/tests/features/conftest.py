"""The schedule as operators set it, over the API."""

import datetime
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.contracts import Envelope, FeatureDaysChanged
from fairground_common.testing import Answer, AsgiClient, TokenMint
from fairground_games.app import create_app
from fairground_games.settings import GamesSettings

ScheduleDay = Callable[..., Awaitable[Answer]]
ChangeFeature = Callable[..., Awaitable[Answer]]
Stated = Callable[[], Awaitable[list[FeatureDaysChanged]]]


@pytest.fixture
def schedule_day(operator: AsgiClient) -> ScheduleDay:
    """Return a function that gives a day to a feature."""

    async def put(date: datetime.date | str, feature_type: str = "ROULETTE", **body: Any) -> Answer:
        return await operator.put(
            f"/api/admin/feature-schedule/{date}", body={"feature_type": feature_type, "is_active": True, **body}
        )

    return put


@pytest.fixture
def change_feature(admin: AsgiClient) -> ChangeFeature:
    """Return a function that puts a feature."""

    async def put(feature_type: str = "ROULETTE", **body: Any) -> Answer:
        whole = {"title": "Roulette", "page_path": "/roulette", "is_enabled": True, **body}
        return await admin.put(f"/api/admin/features/{feature_type}", body=whole)

    return put


@pytest.fixture
def stated(owner: asyncpg.Connection) -> Stated:
    """Return a function: what the other services will be told, in the order it was written."""

    async def read() -> list[FeatureDaysChanged]:
        rows = await owner.fetch("SELECT envelope FROM outbox WHERE type = 'games.feature_days_changed.v1' ORDER BY id")
        envelopes = [Envelope.model_validate_json(row["envelope"]) for row in rows]
        said = [envelope.data for envelope in envelopes if isinstance(envelope.data, FeatureDaysChanged)]
        assert [envelope.revision for envelope in envelopes] == [each.revision for each in said]
        return said

    return read


@pytest_asyncio.fixture
async def test_mode_player(settings: GamesSettings, token_mint: TokenMint) -> AsyncIterator[AsgiClient]:
    """Yield a player of an API with TEST_MODE on, over the same database."""
    app = create_app(settings.model_copy(update={"test_mode": True}))
    async with AsgiClient.running(app) as client:
        yield client.signed(token_mint.headers(1))
