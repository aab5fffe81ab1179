"""Configurations as operators post and admins activate them, over the API."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import Answer, AsgiClient, TokenMint
from fairground_games.app import create_app
from fairground_games.settings import GamesSettings

Post = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Activate = Callable[..., Awaitable[Answer]]


@pytest.fixture
def post(operator: AsgiClient) -> Post:
    """Return a function that posts a game's configuration."""

    async def posted(game: str, config: dict[str, Any]) -> Answer:
        return await operator.post(f"/api/admin/{game}/configs", body=config)

    return posted


@pytest.fixture
def activate(admin: AsgiClient) -> Activate:
    """Return a function that activates a version."""

    async def activated(game: str, version: int, **options: Any) -> Answer:
        return await admin.post(f"/api/admin/{game}/configs/{version}/activate", **options)

    return activated


@pytest_asyncio.fixture(scope="session")
async def refusing(
    make_database: Callable[[str], ServiceDatabase],
    token_mint: TokenMint,
    jwks_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[AsgiClient]:
    """Yield an operator of an API that many tests share because none of them changes anything."""
    settings = _settings(make_database("games"), jwks_url, tmp_path_factory.mktemp("refusing"))
    async with AsgiClient.running(create_app(settings)) as client:
        yield client.signed(token_mint.headers(900, "operator"))


def _settings(database: ServiceDatabase, jwks_url: str, state_dir: Path) -> GamesSettings:
    return GamesSettings.model_validate(
        {
            "env": "test",
            "jwks_url": jwks_url,
            "state_dir": state_dir,
            "gateway_key": "k" * 16,
            "database_url": database.app_url,
            "seed_key": "s" * 32,
        }
    )
