"""The embedded broker's way to its database: pools that break like a connection to any broker."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import asyncpg

from fairground_common.db.connection import CONNECT_SECONDS, session_settings
from fairground_common.db.failures import DATABASE_ERRORS
from fairground_common.db.pool import Connection
from fairground_common.messaging.broker import PUBLISH_SECONDS, BrokerAway

CLOSE_SECONDS = 2.0


@contextmanager
def database_trouble() -> Iterator[None]:
    """Turn whatever the driver raises into BrokerAway."""
    try:
        yield
    except DATABASE_ERRORS as error:
        raise BrokerAway(f"{type(error).__name__}: {error}") from error


async def open_pool(url: str, application: str, settings: Mapping[str, str]) -> asyncpg.Pool:
    """Prepare a pool; it connects when first used."""
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=2,
        timeout=CONNECT_SECONDS,
        command_timeout=PUBLISH_SECONDS / 2,  # giving up a command may take as long again
        server_settings={**session_settings(application), **settings},
        connection_class=Connection,
    )


async def close_pool(pool: asyncpg.Pool) -> None:
    """Close a pool within 2 s; what hangs is cut off."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except DATABASE_ERRORS:
        pool.terminate()
