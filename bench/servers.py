"""Servers of a measurement: PostgreSQL as in ``make run``, with fsync and synchronous_commit on, and RabbitMQ."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from fairground_common.embedded import BrokerUser, Postgres, RabbitMq, rabbitmq_install
from fairground_deploy.local.parts import MAX_CONNECTIONS

USER = "bench"


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder / "postgres", password=secrets.token_hex(8), options={"max_connections": MAX_CONNECTIONS})
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def rabbitmq(folder: Path) -> Iterator[RabbitMq | None]:
    """Start a node, where RabbitMQ is installed."""
    installation = rabbitmq_install.find()
    if installation is None:
        yield None
        return
    node = RabbitMq(folder / "rabbitmq", installation, users=[BrokerUser(USER, secrets.token_hex(8))])
    node.start()
    try:
        yield node
    finally:
        node.stop()


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(url)
    try:
        yield opened
    finally:
        await opened.close()
