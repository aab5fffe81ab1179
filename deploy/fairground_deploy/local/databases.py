"""The databases of a local run: provisioned on the embedded server unless given, then migrated."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from fairground_common.db import migrations
from fairground_common.db.migrate import role_of
from fairground_common.db.provision import ServiceDatabase, provision
from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.settings import LocalSettings
from fairground_deploy.services import DATABASE_SERVICES

BUS = "bus"


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses by service; `bus` is the embedded broker's, None when it is not used."""

    services: Mapping[str, ServiceDatabase]
    bus: ServiceDatabase | None


async def provide(settings: LocalSettings, data: DataDir, superuser_url: str | None, *, with_bus: bool) -> Databases:
    """Make sure every service has its database and roles. `superuser_url` is None when all are given."""
    services = {each: await _service(settings, data, superuser_url, each) for each in DATABASE_SERVICES}
    bus = await _bus(settings, data, superuser_url) if with_bus else None
    return Databases(services, bus)


async def migrate(databases: Databases) -> Mapping[str, str]:
    """Bring every service to its newest schema; return the revisions."""
    return await asyncio.to_thread(_migrate, databases.services)


def _migrate(services: Mapping[str, ServiceDatabase]) -> Mapping[str, str]:
    return {
        name: migrations.upgrade(name, database.owner_url, database.app_role) for name, database in services.items()
    }


async def _service(settings: LocalSettings, data: DataDir, superuser_url: str | None, service: str) -> ServiceDatabase:
    app, owner = settings.given_database(service), settings.given_owner_database(service)
    if app is not None and owner is not None:
        return ServiceDatabase(owner_url=owner, app_url=app, app_role=role_of(app))
    assert superuser_url is not None, "an embedded server runs unless every database is given"
    return await _provision(data, superuser_url, service)


async def _bus(settings: LocalSettings, data: DataDir, superuser_url: str | None) -> ServiceDatabase:
    if settings.bus_database_url is not None:
        url = settings.bus_database_url.get_secret_value()
        return ServiceDatabase(owner_url=url, app_url=url, app_role=role_of(url))
    assert superuser_url is not None, "an embedded server runs unless the bus is given"
    database = await _provision(data, superuser_url, BUS)
    await _let_the_app_role_in(database)
    return database


async def _provision(data: DataDir, superuser_url: str, service: str) -> ServiceDatabase:
    return await provision(
        superuser_url,
        service=service,
        owner_password=data.secret(f"postgres-{service}-owner"),
        app_password=data.secret(f"postgres-{service}-app"),
    )


async def _let_the_app_role_in(database: ServiceDatabase) -> None:
    """The broker's tables come from its topology, not from a migration that grants rights."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO "{database.app_role}"'
        )
    finally:
        await connection.close()
