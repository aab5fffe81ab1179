"""How busy the connections to the database are."""

from typing import cast

import asyncpg
from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from fairground_common.telemetry import Counter, Gauge

CONNECTIONS = Gauge("fairground_db_connections", "Connections in use, by pool.", "pool")
LIMIT = Gauge("fairground_db_connections_limit", "Most connections a pool may have in use.", "pool")
RETRIES = Counter("fairground_db_retries_total", "Transactions run again after a deadlock or serialisation failure.")


def watch_engine(engine: AsyncEngine, name: str, limit: int) -> None:
    """Tell of a SQLAlchemy pool under the name of whoever opened it."""
    LIMIT.set(limit, name)
    CONNECTIONS.read(lambda: cast("QueuePool", engine.pool).checkedout(), name)


def watch_pool(pool: asyncpg.Pool, name: str) -> None:
    """Tell of a driver's pool under the name of whoever opened it."""
    LIMIT.set(pool.get_max_size(), name)
    CONNECTIONS.read(lambda: pool.get_size() - pool.get_idle_size(), name)
