"""Games to play, with TEST_MODE on, over the API."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.testing import AsgiClient, TokenMint
from fairground_games.app import create_app
from fairground_games.settings import GamesSettings

StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]


@pytest_asyncio.fixture
async def arcade(settings: GamesSettings) -> AsyncIterator[AsgiClient]:
    """Yield a caller without a token of an API on which every game can be played any day."""
    async with AsgiClient.running(create_app(settings.model_copy(update={"test_mode": True}))) as client:
        yield client


@pytest.fixture
def gambler(arcade: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return arcade.signed(token_mint.headers(1))


@pytest.fixture
def stranger(arcade: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return arcade.signed(token_mint.headers(2))


@pytest_asyncio.fixture
async def games(
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Callable[..., dict[str, Any]],
    dice_config: Callable[..., dict[str, Any]],
) -> None:
    """All three games are open; the lottery has a prize that is gone, one of one unit, and two without end."""
    await store_version("roulette", roulette_config(max_daily=0))
    await store_version("dice", dice_config(max_daily=0))
    prizes = [
        {"key": key, "label": key, "reward": {"type": "NONE", "amount": 0}, "weight": weight, "stock": stock}
        for key, weight, stock in (("gone", 50, 0), ("single", 30, 1), ("tin", 15, None), ("air", 5, None))
    ]
    await store_version("lottery", {"name": "Lottery", "max_daily": 0, "prizes": prizes})
