"""A running auth service on a real, migrated database, and people who use it.

One service and database serve a whole session; every test brings users of its own.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_auth.app import create_app
from fairground_auth.settings import AuthSettings
from fairground_auth.testing import GATEWAY_KEY, MakeSettings, People
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.telemetry import configure_logs
from fairground_common.testing import AsgiClient


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log as in production: structlog's default prints whole stacks with their locals, which takes seconds."""
    configure_logs("auth", "info")


@pytest.fixture(scope="session")
def make_settings(tmp_path_factory: pytest.TempPathFactory) -> MakeSettings:
    """Return a function: database and deviations → settings, with cheap hashing and generous limits."""
    state_dir: Path = tmp_path_factory.mktemp("state")

    def make(database: ServiceDatabase, **deviations: Any) -> AuthSettings:
        values: dict[str, Any] = {
            "env": "test",
            "database_url": database.app_url,
            "refresh_key": "r" * 32,
            "key_encryption_key": "k" * 32,
            "gateway_key": GATEWAY_KEY,
            "state_dir": state_dir,
            "argon2_memory_kib": 1024,
            "argon2_passes": 1,
            "login_failures_per_ip": 10_000,
            "registrations_per_ip": 10_000,
        }
        return AuthSettings.model_validate(values | deviations)

    return make


@pytest.fixture(scope="session")
def database(make_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    return make_database("auth")


@pytest_asyncio.fixture(scope="session")
async def client(database: ServiceDatabase, make_settings: MakeSettings) -> AsyncIterator[AsgiClient]:
    async with AsgiClient.running(create_app(make_settings(database))) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def owner(database: ServiceDatabase) -> AsyncIterator[Db]:
    """Return the database with the owner's rights: for looking, and for moving time in rows."""
    db = Db.connect(database.owner_url, application="auth-tests")
    yield db
    await db.close()


@pytest_asyncio.fixture
async def owner_connection(database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection with the owner's rights, to look at every table."""
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def people(client: AsgiClient, owner: Db) -> People:
    return People(client, owner)
