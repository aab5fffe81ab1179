"""The line of workers on each broker, started once: RabbitMQ on a node of its own, which tests break as they like."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from fairground_common.db.provision import ServiceDatabase
from fairground_common.messaging import declare
from fairground_common.testing import Databases
from fairground_common.testing.buses import Bus
from fairground_common.testing.nodes import Node
from fairground_deploy.broker_users import ADMINISTRATOR, SERVICES, administrator, service_user
from fairground_deploy.testing.line import Line


@pytest.fixture(scope="session")
async def node(rabbitmq: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """Yield a node with the product's users. Ask for `rabbitmq` first: it decides whether there may be none."""
    assert rabbitmq
    users = [administrator("secret"), *(service_user(service, "secret") for service in SERVICES)]
    async with Node.running(tmp_path_factory.mktemp("node"), users) as node:
        yield node


@pytest.fixture(scope="session")
async def rabbit_line(
    node: Node, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Line]:
    """Yield the line over RabbitMQ, each worker with the rights of its own user."""
    buses = node.bus("games"), node.bus("seasonpass"), node.bus(ADMINISTRATOR)
    await declare(buses[2])
    async with Line.running(_two(databases), buses, tmp_path_factory.mktemp("rabbit")) as line:
        yield line


@pytest.fixture(scope="session")
async def embedded_line(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """Yield the line over the embedded broker."""
    bus = Bus(bus_database_url=SecretStr(databases.empty("bus").owner_url))
    await declare(bus)
    async with Line.running(_two(databases), (bus, bus, bus), tmp_path_factory.mktemp("embedded")) as line:
        yield line


@pytest.fixture(params=["rabbitmq", "embedded"])
def line(request: pytest.FixtureRequest) -> Line:
    """Return the line over each broker in turn: what a test claims holds for both."""
    running: Line = request.getfixturevalue("rabbit_line" if request.param == "rabbitmq" else "embedded_line")
    return running


def _two(databases: Databases) -> tuple[ServiceDatabase, ServiceDatabase]:
    return databases.fresh("games"), databases.fresh("seasonpass")
