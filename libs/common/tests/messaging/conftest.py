"""The two brokers, real both of them, and a database with an outbox."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from fairground_common.db import new_metadata
from fairground_common.messaging import outbox_table
from fairground_common.testing.buses import Bus
from fairground_common.testing.proxy import TcpProxy, proxied


def _create_database(superuser_url: str, name: str) -> str:
    async def create() -> None:
        connection = await asyncpg.connect(superuser_url)
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()

    with ThreadPoolExecutor(1) as pool:  # this thread's event loop may be running already
        pool.submit(lambda: asyncio.run(create())).result()
    return urlunsplit(urlsplit(superuser_url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def bus_database_url(postgres: str) -> str:
    return _create_database(postgres, f"test_bus_{secrets.token_hex(4)}")


@pytest.fixture(params=["rabbitmq", "embedded"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """Return each broker in turn: what a test claims holds for both."""
    if request.param == "rabbitmq":
        bus = Bus(amqp_url=SecretStr(request.getfixturevalue("rabbitmq")))
    else:
        bus = Bus(bus_database_url=SecretStr(request.getfixturevalue("bus_database_url")))
    yield bus
    await bus.close()


@pytest.fixture
async def proxy(bus: Bus) -> AsyncIterator[TcpProxy]:
    async with proxied(_address(bus), 5672 if bus.amqp_url else 5432) as proxy:
        yield proxy


@pytest.fixture
async def far_bus(bus: Bus, proxy: TcpProxy) -> AsyncIterator[Bus]:
    """The same broker, at the other end of the proxy."""
    url = SecretStr(proxy.url(_address(bus)))
    far = Bus(amqp_url=url) if bus.amqp_url else Bus(bus_database_url=url)
    yield far
    await far.close()


def _address(bus: Bus) -> str:
    url = bus.amqp_url or bus.bus_database_url
    assert url
    return url.get_secret_value()


@pytest.fixture
async def embedded_bus(bus_database_url: str) -> AsyncIterator[Bus]:
    bus = Bus(bus_database_url=SecretStr(bus_database_url))
    yield bus
    await bus.close()


@pytest.fixture
async def rabbit_bus(rabbitmq: str) -> AsyncIterator[Bus]:
    bus = Bus(amqp_url=SecretStr(rabbitmq))
    yield bus
    await bus.close()


@pytest.fixture(scope="session")
def outbox_server(postgres: str) -> str:
    return _create_database(postgres, f"test_outbox_{secrets.token_hex(4)}")


@pytest.fixture
async def outbox_url(outbox_server: str) -> str:
    """Return the URL of a database with an empty outbox."""
    metadata = new_metadata()
    outbox_table(metadata)
    engine = create_async_engine(outbox_server.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    return outbox_server
