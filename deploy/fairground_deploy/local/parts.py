"""The real parts of a local run: PostgreSQL, Valkey and the broker, as child processes unless given by address."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from fairground_common.embedded import Child, PartError, Postgres, RabbitMq, Valkey
from fairground_deploy.local.broker import private_node
from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.settings import LocalSettings
from fairground_deploy.local.together import together
from fairground_deploy.services import DATABASE_SERVICES

MAX_CONNECTIONS = "200"


class Part(Protocol):
    """A server that runs as our child."""

    @property
    def child(self) -> Child: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Parts:
    """What this run starts itself; None is given by the environment."""

    def __init__(self, settings: LocalSettings, data: DataDir) -> None:
        self.node: RabbitMq | None = private_node(settings, data)
        self.valkey = Valkey(data.root / "valkey") if settings.redis_url is None else None
        self.postgres = _postgres(data) if _needs_postgres(settings, self.node) else None
        self._starting: list[asyncio.Task[None]] = []

    @property
    def running(self) -> dict[str, Part]:
        """The parts that are ours, in the order they are stopped."""
        named: dict[str, Part | None] = {"rabbitmq": self.node, "valkey": self.valkey, "postgres": self.postgres}
        return {name: part for name, part in named.items() if part is not None}

    async def start_databases(self) -> None:
        """Start PostgreSQL and Valkey."""
        own = [part for part in (self.postgres, self.valkey) if part is not None]
        await together(*(self._start(part.start) for part in own))

    async def start_broker(self) -> None:
        if self.node is not None:
            await self._start(self.node.start)

    async def stop(self) -> None:
        """Stop what was started; a start that is under way is awaited first, or it would be left behind."""
        await asyncio.gather(*self._starting, return_exceptions=True)
        for part in self.running.values():
            await asyncio.to_thread(part.stop)

    async def _start(self, start: Callable[[], None]) -> None:
        task = asyncio.create_task(asyncio.to_thread(start))
        self._starting.append(task)
        try:
            await asyncio.shield(task)
        except PartError as error:
            raise LocalRunError(str(error)) from None


def _needs_postgres(settings: LocalSettings, node: RabbitMq | None) -> bool:
    embedded_bus = node is None and settings.amqp_url is None and settings.bus_database_url is None
    return embedded_bus or any(settings.given_database(service) is None for service in DATABASE_SERVICES)


def _postgres(data: DataDir) -> Postgres:
    options = {"max_connections": MAX_CONNECTIONS}
    return Postgres(data.root / "postgres", password=data.secret("postgres-superuser"), options=options)
