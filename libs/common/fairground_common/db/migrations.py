"""Alembic, the same for every service: one chain each, run by the owner role, one migration at a time.

A service's ``migrations/env.py`` only calls ``run_env``. Waiting for a lock behind live traffic would stall it
(PostgreSQL's lock queue is first in, first out), hence the short lock_timeout. After the last step the app role gets
its rights from the tables' own marks, and the log gets its partitions for the year ahead.
"""

import asyncio
import importlib.util
import os
from datetime import UTC, datetime
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from fairground_common.db.failures import LOCK_TIMEOUT, sqlstate_of
from fairground_common.db.user_events import TABLE_NAME as EVENT_LOG
from fairground_common.progress import Progress, keep_quiet

LOCK_KEY = 0x66616972
"""Advisory lock that lets one migration run at a time in a database."""

MONTHS_AHEAD = 13

ATTEMPTS = 5
"""Tries of a migration that meets a held lock."""
GIVE_WAY_SECONDS = 2.0
"""Between two tries those who queued up behind the migration go first."""
LOCK_MILLISECONDS = "3000"

_PARTITIONS = text("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid")
_CURRENT = text("SELECT version_num FROM alembic_version")


def upgrade(service: str, owner_url: str, app_role: str, progress: Progress = keep_quiet) -> str:
    """Bring a service's database to the newest schema and return its revision. Blocking: not for an event loop."""
    config = config_of(service, owner_url)
    config.attributes["app_role"] = app_role
    config.attributes["progress"] = lambda step, **_: progress(f"{service}: {step.up_revision_id}")
    command.upgrade(config, "head")
    return asyncio.run(_revision(owner_url))


def check(service: str, owner_url: str) -> None:
    """Raise when models and migrations of a service differ."""
    command.check(config_of(service, owner_url))


def config_of(service: str, owner_url: str) -> Config:
    """Return the Alembic configuration of a service."""
    config = Config()
    config.set_main_option("script_location", str(_migrations_of(service)))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = owner_url
    return config


def run_env(metadata: MetaData) -> None:
    """Run whatever Alembic was asked for, over asyncpg. To be called by ``migrations/env.py``."""
    asyncio.run(_run(context.config.attributes.get("url") or _url_of_environment(), metadata))


def _url_of_environment() -> str:
    """Return the owner's URL for Alembic's own command, which reads a service's ``alembic.ini``."""
    name = f"{context.config.get_main_option('service', '').upper()}_OWNER_DATABASE_URL"
    if name not in os.environ:
        raise SystemExit(f"bad setting {name}: the owner role's database URL is needed")
    return os.environ[name]


def _migrations_of(service: str) -> Path:
    spec = importlib.util.find_spec(f"fairground_{service}")
    if spec is None or spec.origin is None:
        raise LookupError(f"there is no service {service!r}")
    package = Path(spec.origin).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


async def _run(url: str, metadata: MetaData) -> None:
    """Migrate in one transaction; give way to whoever holds a lock, and try again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await _run_once(url, metadata)
        except DBAPIError as error:
            if attempt == ATTEMPTS or sqlstate_of(error) != LOCK_TIMEOUT:
                raise
            await asyncio.sleep(GIVE_WAY_SECONDS)
        else:
            return


async def _run_once(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=pool.NullPool,
        connect_args={"server_settings": {"lock_timeout": LOCK_MILLISECONDS, "statement_timeout": "0"}},
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, metadata)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    partitions = set(connection.execute(_PARTITIONS).scalars())
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=lambda _object, name, kind, *_: not (kind == "table" and name in partitions),
        compare_server_default=True,
        on_version_apply=context.config.attributes.get("progress"),
    )
    with context.begin_transaction():
        context.run_migrations()
    app_role = context.config.attributes.get("app_role")
    if app_role:
        _prepare_event_log(connection, metadata)
        _grant(connection, metadata, app_role)


def _grant(connection: Connection, metadata: MetaData, app_role: str) -> None:
    connection.execute(text(f'GRANT USAGE ON SCHEMA public TO "{app_role}"'))
    connection.execute(text(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "{app_role}"'))
    connection.execute(text(f'GRANT SELECT ON alembic_version TO "{app_role}"'))  # see require.py
    for table in metadata.sorted_tables:
        rights = "SELECT, INSERT" if table.info.get("append_only") else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f'GRANT {rights} ON "{table.name}" TO "{app_role}"'))


def _prepare_event_log(connection: Connection, metadata: MetaData) -> None:
    if EVENT_LOG not in metadata.tables:
        return
    first = datetime.now(UTC).date().replace(day=1)
    for month in range(MONTHS_AHEAD):
        start = _months_after(first.year, first.month, month)
        end = _months_after(first.year, first.month, month + 1)
        bounds = f"FROM ('{start:%Y-%m-%d}') TO ('{end:%Y-%m-%d}')"
        # A month whose rows already lie in the default partition stays there: moving them would lock the log.
        covered = f"SELECT 1 FROM {EVENT_LOG}_default WHERE created_at >= '{start}' AND created_at < '{end}' LIMIT 1"  # noqa: S608
        if connection.execute(text(covered)).first() is None:
            connection.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS {EVENT_LOG}_{start:%Y%m} PARTITION OF {EVENT_LOG} FOR VALUES {bounds}"
                )
            )


def _months_after(year: int, month: int, count: int) -> datetime:
    index = year * 12 + month - 1 + count
    return datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)


async def _revision(url: str) -> str:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            return str((await connection.execute(_CURRENT)).scalar_one())
    finally:
        await engine.dispose()
