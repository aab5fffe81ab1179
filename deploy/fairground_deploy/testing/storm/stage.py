"""The product a storm strikes: alone in its folder, supervised, and reached over a line that can be disturbed too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import asyncpg

from fairground_common.embedded import Postgres, RabbitMq, Valkey
from fairground_common.testing.proxy import TcpProxy, proxied
from fairground_deploy.local.product import Product
from fairground_deploy.local.supervisor import Supervisor
from fairground_deploy.testing.processes import running_product

SETTINGS = {
    "BROKER": "rabbitmq",
    "AUTH_ACCESS_TOKEN_SECONDS": "3600",  # nobody has to sign in again
}


@dataclass(frozen=True, slots=True)
class Stage:
    """What is struck."""

    product: Product
    line: TcpProxy
    """Between people and the gateway."""

    @classmethod
    @asynccontextmanager
    async def set_up(cls, folder: Path) -> AsyncIterator[Self]:
        """Run the product on parts of its own around the block. Whatever dies there is started again."""
        async with running_product(folder, **SETTINGS) as product, proxied(product.gateway_url, 80) as line:
            supervising = asyncio.create_task(_supervise(product))
            try:
                yield cls(product, line)
            finally:
                supervising.cancel()
                await asyncio.wait([supervising])

    @property
    def postgres(self) -> Postgres:
        assert self.product.parts.postgres is not None, "no database is given by its address"
        return self.product.parts.postgres

    @property
    def node(self) -> RabbitMq:
        assert self.product.parts.node is not None, "it was asked for"
        return self.product.parts.node

    @property
    def valkey(self) -> Valkey:
        assert self.product.parts.valkey is not None, "none is given by its address"
        return self.product.parts.valkey

    @asynccontextmanager
    async def reading(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """Look into a service's database, as somebody who may do everything there."""
        assert self.product.databases is not None, "the product runs"
        database = urlsplit(self.product.databases.services[service].app_url).path.lstrip("/")
        connection = await asyncpg.connect(self.postgres.url, database=database)
        try:
            yield connection
        finally:
            await connection.close()


async def _supervise(product: Product) -> None:
    """As `make run` does."""
    with (product.data.logs / "supervisor.log").open("a", buffering=1, encoding="utf-8") as log:
        say = partial(print, file=log)
        await Supervisor({**product.parts.running, **product.processes}, say=say).run()
