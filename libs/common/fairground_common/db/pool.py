"""The driver's own pool, for the few paths where round trips decide: play pipeline, relay, embedded broker."""

from datetime import timedelta
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from fairground_common.db.connection import COMMAND_SECONDS, CONNECT_SECONDS, session_settings
from fairground_common.db.metrics import watch_pool

PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""Statements of these paths are few, and best answered by indexes whatever their arguments. Left to itself, PostgreSQL
plans them anew each time as long as batches are small; that costs several times what running them does.
"""

DriverConnection: TypeAlias = asyncpg.Connection | PoolConnectionProxy
"""A connection of the driver, taken from a pool or not."""


class Connection(asyncpg.Connection):
    """A connection whose return to the pool costs no round trip: nothing on it ever changes the session."""

    def get_reset_query(self) -> str:
        return ""


async def open_pool(
    url: str,
    *,
    application: str,
    size: int,
    clock_offset: timedelta = timedelta(0),
    min_size: int = 0,
) -> asyncpg.Pool:
    """Open a driver pool whose statements are planned once a connection.

    Connections are made when first needed, so a process starts while its database is away.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=size,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        server_settings={**session_settings(application, clock_offset), **PLANNED_ONCE},
        connection_class=Connection,
    )
    watch_pool(pool, application)
    return pool
