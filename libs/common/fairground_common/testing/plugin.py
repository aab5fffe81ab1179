"""pytest plugin of the whole repository (`-p fairground_common.testing.plugin`).

Parts are started when a test first asks for one, and end with the session. A missing RabbitMQ skips a test on a
developer's machine that can have none; with CI set nothing is ever skipped.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
from pydantic import SecretStr

from fairground_common.db.provision import ServiceDatabase
from fairground_common.messaging import declare
from fairground_common.telemetry import configure_logs
from fairground_common.testing.buses import Bus
from fairground_common.testing.databases import Databases
from fairground_common.testing.providers import PartMissing, Provider, choose_provider
from fairground_common.testing.tokens import KeySetServer, TokenMint

pytest.register_assert_rewrite("fairground_common.testing.process_claims")

LONGEST_IN_ID = 400
"""Characters. A test's name stands in the environment while it runs, and no child starts with one of 128 KiB."""


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a very long value by how it begins and how long it is; leave all others to pytest."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_IN_ID:
        return f"{val[:20]!a}… of {len(val)}"
    return None


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log as in production: structlog's default prints whole stacks with their locals, which takes seconds."""
    configure_logs("test", "info")


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """Return where the real parts come from: `parts.postgres()`, `.valkey()`, `.rabbitmq()` give URLs."""
    provider = choose_provider(tmp_path_factory.mktemp("parts"))
    yield provider
    provider.close()


@pytest.fixture(scope="session")
def postgres(parts: Provider) -> str:
    """Return a superuser's URL."""
    return parts.postgres()


@pytest.fixture(scope="session")
def valkey(parts: Provider) -> str:
    """Return a Redis URL."""
    return parts.valkey()


@pytest.fixture(scope="session")
def rabbitmq(parts: Provider) -> str:
    """Return the AMQP URL of a user who may do everything."""
    try:
        return parts.rabbitmq()
    except PartMissing as reason:
        if os.environ.get("CI"):
            pytest.fail(f"no RabbitMQ in CI: {reason}")
        pytest.skip(f"no RabbitMQ on this machine: {reason}")


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[Databases]:
    """Return the maker of migrated databases."""
    made = Databases(postgres)
    yield made
    made.drop_all()


@pytest.fixture(scope="session")
def make_database(databases: Databases) -> Callable[[str], ServiceDatabase]:
    """Return a function: service name → the session's database of that service, migrated to head."""
    return databases.shared


@pytest.fixture(scope="session")
def fresh_database(databases: Databases) -> Callable[[str], ServiceDatabase]:
    """Return a function: service name → a migrated database nobody else uses."""
    return databases.fresh


@pytest_asyncio.fixture
async def fresh_bus(databases: Databases) -> AsyncIterator[Bus]:
    """Yield an embedded bus of this test alone, with the topology of the product."""
    bus = Bus(bus_database_url=SecretStr(databases.empty("bus").owner_url))
    await declare(bus)
    yield bus
    await bus.close()


@pytest.fixture(scope="session")
def token_mint() -> TokenMint:
    """Return what signs access tokens in tests."""
    return TokenMint()


@pytest.fixture(scope="session")
def jwks_url(token_mint: TokenMint) -> Iterator[str]:
    """Return the address that hands out the mint's key set; a JWKS_URL setting."""
    server = KeySetServer(token_mint)
    yield server.url
    server.close()
