"""A queue of plays over a real database, as one process of the API has it."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
import pytest_asyncio

from fairground_games.configs.versions import Versions
from fairground_games.fairness.seeds import Seeds
from fairground_games.plays.pipeline import Pipeline
from fairground_games.plays.queue import PlayQueue
from fairground_games.plays.settlement import Settlement
from fairground_games.settings import GamesSettings

SEED_KEY = b"a seed key only for tests, 32 b+"


@pytest.fixture
def seeds() -> Seeds:
    return Seeds(SEED_KEY)


@pytest.fixture
def make_queue(pool: asyncpg.Pool, seeds: Seeds) -> Callable[..., PlayQueue]:
    """Return a function that makes another process's worth of queue on the same database."""

    def make(*, test_mode: bool = True, patience: float = 60) -> PlayQueue:
        pipeline = Pipeline(pool, Versions(), seeds, Settlement(seeds, test_mode=test_mode))
        return PlayQueue(pipeline, patience=patience)

    return make


@pytest_asyncio.fixture
async def queue(make_queue: Callable[..., PlayQueue]) -> AsyncIterator[PlayQueue]:
    """Yield a queue with TEST_MODE on."""
    async with make_queue() as made:
        yield made


@pytest.fixture
def settings(settings: GamesSettings) -> GamesSettings:
    """Return settings with TEST_MODE on: any game, any day."""
    return settings.model_copy(update={"test_mode": True})
