"""The transaction owner: one command is one ``begin()``; only this module commits.

``tx.now`` is the database's transaction_timestamp() plus the clock offset, read with the first statement: all rows
of a transaction carry the same moment, and every process of the product agrees on the day.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, Self, TypeVar

from sqlalchemy import CursorResult, Executable, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fairground_common.clock import kst_day
from fairground_common.db.connection import COMMAND_SECONDS, CONNECT_SECONDS, session_settings
from fairground_common.db.failures import is_retryable
from fairground_common.db.liveness import check_when_taken
from fairground_common.db.metrics import RETRIES, watch_engine

T = TypeVar("T")

ATTEMPTS = 3
"""Tries of a transaction that meets a deadlock or serialisation failure; the last error is re-raised."""
MAX_OVERFLOW = 4
"""Connections above the pool's size for a moment of many."""

NOW = text("SELECT transaction_timestamp() + current_setting('fairground.clock_offset')::interval")


class ReadTx:
    """A read-only transaction: one snapshot per statement, writes are refused by PostgreSQL."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection = connection
        self.now = now
        self.today: date = kst_day(now)

    async def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        return await self._connection.execute(statement, parameters)

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        return (await self.execute(statement, parameters)).all()

    async def row(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """Return the only row, or None."""
        return (await self.execute(statement, parameters)).one_or_none()

    async def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        return (await self.execute(statement, parameters)).scalar_one_or_none()


class Tx(ReadTx):
    """A transaction that may write. It commits when its block ends and rolls back when the block raises."""


class Db:
    """A service's database, opened by its entry point and closed by it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    def connect(cls, url: str, *, application: str, clock_offset: timedelta = timedelta(0), pool_size: int = 8) -> Self:
        """Prepare a pool; the first connection is made when first needed. ``url`` is ``postgresql://…``."""
        engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=MAX_OVERFLOW,
            pool_timeout=1,
            pool_recycle=1800,
            pool_use_lifo=True,
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": COMMAND_SECONDS,
                "server_settings": session_settings(application, clock_offset),
            },
        )
        check_when_taken(engine)
        watch_engine(engine, application, pool_size + MAX_OVERFLOW)
        return cls(engine)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """Open a transaction; leaving the block commits, an exception rolls back."""
        async with self._engine.begin() as connection:
            yield Tx(connection, await _now(connection))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTx]:
        """Open a READ ONLY transaction."""
        async with self._engine.connect() as connection:
            await connection.execution_options(postgresql_readonly=True)
            async with connection.begin():
                yield ReadTx(connection, await _now(connection))

    async def retrying(self, command: Callable[[Tx], Awaitable[T]]) -> T:
        """Run a command in its own transaction, again on deadlock or serialisation failure, at most 3 times."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.begin() as tx:
                    return await command(tx)
            except Exception as error:
                if attempt == ATTEMPTS or not is_retryable(error):
                    raise
                RETRIES.add()
                await retry_pause()
        raise AssertionError("the last attempt returns or raises")

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()


async def retry_pause() -> None:
    """Wait 10 to 100 ms, at random, so that two losers do not meet again."""
    await asyncio.sleep((10 + secrets.randbelow(91)) / 1000)


async def _now(connection: AsyncConnection) -> datetime:
    moment: datetime = (await connection.execute(NOW)).scalar_one()
    return moment
