"""A service's database for tests: built once by its real migrations, then copied."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg

from fairground_common.db import migrations
from fairground_common.db.provision import ServiceDatabase, provision

T = TypeVar("T")

_LOCK = 0x66676462
"""Roles belong to the whole server: test processes that share one must not create them at the same time."""
_PASSWORD = "only-for-tests"  # noqa: S105


class Databases:
    """Hands out databases on one server. Names are random, so that sessions may share the server."""

    def __init__(self, superuser_url: str) -> None:
        self._superuser_url = superuser_url
        self._prefix = f"test_{secrets.token_hex(4)}"
        self._templates: dict[str, str] = {}
        self._shared: dict[str, ServiceDatabase] = {}
        self._made: list[str] = []

    def shared(self, service: str) -> ServiceDatabase:
        """The session's database of a service, migrated to head. Tests share it: use fresh user ids."""
        if service not in self._shared:
            self._shared[service] = self.fresh(service)
        return self._shared[service]

    def fresh(self, service: str) -> ServiceDatabase:
        """A migrated and empty database for one test alone."""
        template = self._template(service)
        name = f"{self._prefix}_{service}_{len(self._made)}"
        return _in_thread(lambda: asyncio.run(self._copy(service, template, name)))

    def empty(self, service: str) -> ServiceDatabase:
        """A database with the service's roles and not one table: where migrations start."""
        name = f"{self._prefix}_{service}_{len(self._made)}"
        return _in_thread(lambda: asyncio.run(self._create(service, name)))

    def drop_all(self) -> None:
        """Remove what was made; a server that ends with the session needs no call."""
        _in_thread(lambda: asyncio.run(self._drop()))

    def _template(self, service: str) -> str:
        if service not in self._templates:
            database = self.empty(service)
            _in_thread(lambda: migrations.upgrade(service, database.owner_url, database.app_role))
            self._templates[service] = self._made[-1]
        return self._templates[service]

    async def _create(self, service: str, name: str) -> ServiceDatabase:
        async with self._alone():
            self._made.append(name)
            return await provision(
                self._superuser_url,
                service=service,
                owner_password=_PASSWORD,
                app_password=_PASSWORD,
                database=name,
            )

    async def _copy(self, service: str, template: str, name: str) -> ServiceDatabase:
        async with self._alone() as connection:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{service}_owner"')
        return await self._create(service, name)

    async def _drop(self) -> None:
        async with self._alone() as connection:
            for name in self._made:
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._made.clear()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self._superuser_url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            yield connection
        finally:
            await connection.close()


def _in_thread(work: Callable[[], T]) -> T:
    """Alembic starts an event loop of its own; a test's loop may be running here already."""
    with ThreadPoolExecutor(1, thread_name_prefix="databases") as pool:
        return pool.submit(work).result()
