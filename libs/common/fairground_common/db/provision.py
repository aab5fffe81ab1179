"""Databases and roles: one database a service, an owner that migrates it and an app role that may not.

Run with a superuser's URL by the local runner, by tests and by the compose stacks; running it again changes nothing.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from fairground_common.db.connection import CONNECT_SECONDS


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """Where a service's database is, for its two roles."""

    owner_url: str
    app_url: str
    app_role: str


async def provision(
    superuser_url: str, *, service: str, owner_password: str, app_password: str, database: str | None = None
) -> ServiceDatabase:
    """Create ``fairground_<service>`` (or ``database``) with roles ``<service>_owner`` and ``<service>_app``."""
    name = database or f"fairground_{service}"
    owner, app = f"{service}_owner", f"{service}_app"
    connection = await asyncpg.connect(superuser_url, timeout=CONNECT_SECONDS)
    try:
        await _ensure_role(connection, owner, owner_password)
        await _ensure_role(connection, app, app_password)
        await _ensure_database(connection, name, owner, app)
    finally:
        await connection.close()
    return ServiceDatabase(
        owner_url=_url(superuser_url, owner, owner_password, name),
        app_url=_url(superuser_url, app, app_password, name),
        app_role=app,
    )


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if known else "CREATE"
    literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
    await connection.execute(f'{verb} ROLE "{role}" LOGIN PASSWORD {literal}')
    # Below lock_timeout, so that a deadlock is named one (and retried) before a lock wait is given up.
    await connection.execute(f"ALTER ROLE \"{role}\" SET deadlock_timeout = '200ms'")


async def _ensure_database(connection: asyncpg.Connection, name: str, owner: str, app: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO "{app}"')


def _url(superuser_url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(superuser_url)
    host = f"{role}:{quote(password, safe='')}@{parts.hostname}:{parts.port or 5432}"
    return urlunsplit(("postgresql", host, f"/{database}", "", ""))
