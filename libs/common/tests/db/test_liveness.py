"""A connection that has broken is replaced before it is used, and one that is in use is not asked each time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import pytest
from sqlalchemy import text

from fairground_common.db import Db, Tx, liveness
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import eventually

WHO = text("SELECT pg_backend_pid()")
PING = ";"


@pytest.fixture
async def lone(database: ServiceDatabase) -> AsyncIterator[Db]:
    """Yield a database with one connection in its pool."""
    db = Db.connect(database.app_url, application="test", pool_size=1)
    yield db
    await db.close()


async def driver_of(tx: Tx) -> asyncpg.Connection:
    raw = await tx._connection.get_raw_connection()
    return cast("asyncpg.Connection", raw.driver_connection)


async def asked(db: Db) -> list[str]:
    """Return what the server is asked for a transaction that does nothing, but for what has been prepared."""
    said: list[str] = []

    def note(record: Any) -> None:
        said.append(record.query)

    async with db.begin() as tx:
        driver = await driver_of(tx)
    driver.add_query_logger(note)
    async with db.begin():
        pass
    await asyncio.sleep(0)  # the driver tells of a query a turn later
    driver.remove_query_logger(note)
    return said


async def test_a_connection_in_use_is_not_asked_whether_it_lives(lone: Db) -> None:
    assert await asked(lone) == ["BEGIN;", "COMMIT;"]


async def test_one_that_has_been_quiet_is_asked(lone: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "QUIET_SECONDS", 0.0)
    assert PING in await asked(lone)


async def test_one_that_was_closed_is_replaced(lone: Db, database: ServiceDatabase) -> None:
    async with lone.begin() as tx:
        first, driver = await tx.scalar(WHO), await driver_of(tx)
    another = await asyncpg.connect(database.app_url)
    await another.execute("SELECT pg_terminate_backend($1)", first)
    await another.close()
    await eventually(driver.is_closed)
    async with lone.begin() as tx:
        assert await tx.scalar(WHO) != first


async def test_one_that_does_not_answer_is_replaced(lone: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "QUIET_SECONDS", 0.0)
    async with lone.begin() as tx:
        first, driver = await tx.scalar(WHO), await driver_of(tx)
    cast("Any", driver)._transport.abort()  # what comes next fails before the driver has been told
    async with lone.begin() as tx:
        assert await tx.scalar(WHO) != first
