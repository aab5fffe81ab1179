"""Transactions: one moment, one commit, three tries; and what database trouble means to callers."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fairground_common.db import Db, Tx, is_infrastructure_trouble, open_pool
from fairground_common.db.failures import as_refusal
from fairground_common.db.provision import ServiceDatabase
from fairground_common.errors import LockNotAcquired, ServiceUnavailable

COUNT = text("SELECT value FROM counter")
ADD = text("UPDATE counter SET value = value + 1")


async def test_a_block_that_ends_commits_and_one_that_raises_does_not(db: Db) -> None:
    async with db.begin() as tx:
        await tx.execute(ADD)
    with pytest.raises(ZeroDivisionError):
        async with db.begin() as tx:
            await tx.execute(ADD)
            raise ZeroDivisionError
    async with db.read() as tx:
        assert await tx.scalar(COUNT) == 1


async def test_a_read_transaction_cannot_write(db: Db) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with db.read() as tx:
            await tx.execute(ADD)
    async with db.begin() as tx:  # the connection went back to the pool writable
        await tx.execute(ADD)


OFFSETS = [timedelta(days=365), timedelta(hours=-9), timedelta(days=-400, microseconds=1), timedelta(milliseconds=1.5)]


@pytest.mark.parametrize("offset", OFFSETS, ids=str)
async def test_the_moment_is_the_transactions_start_with_the_clock_offset(
    database: ServiceDatabase, offset: timedelta
) -> None:
    shifted = Db.connect(database.app_url, application="test", clock_offset=offset)
    async with shifted.begin() as tx:
        now = tx.now
        assert await tx.scalar(text("SELECT transaction_timestamp()")) == now - offset
    await shifted.close()
    assert abs(now - offset - datetime.now(UTC)) < timedelta(days=1)


@pytest.mark.parametrize("offset", OFFSETS, ids=str)
async def test_the_driver_pool_carries_the_same_offset(database: ServiceDatabase, offset: timedelta) -> None:
    pool = await open_pool(database.app_url, application="test", size=1, clock_offset=offset)
    shifted = await pool.fetchval("SELECT current_setting('fairground.clock_offset')::interval")
    await pool.close()
    assert shifted == offset


async def test_the_driver_pool_has_each_statement_planned_once(database: ServiceDatabase) -> None:
    pool = await open_pool(database.app_url, application="test", size=1)
    for number in range(3):
        await pool.fetchval("SELECT $1::int AS asked", number)
    planned = await pool.fetchrow(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%AS asked'"
    )
    await pool.close()
    assert planned is not None
    assert tuple(planned) == (3, 0)


@pytest.mark.parametrize(("failures", "succeeds"), [(0, True), (2, True), (3, False)])
async def test_a_serialisation_failure_is_tried_three_times(db: Db, failures: int, succeeds: bool) -> None:
    tries = 0

    async def command(tx: Tx) -> None:
        nonlocal tries
        tries += 1
        await tx.execute(ADD)
        if tries <= failures:
            await tx.execute(text("DO $$ BEGIN RAISE 'made to fail' USING ERRCODE = '40001'; END $$"))

    if succeeds:
        await db.retrying(command)
    else:
        with pytest.raises(DBAPIError, match="made to fail"):
            await db.retrying(command)
    async with db.read() as tx:
        assert await tx.scalar(COUNT) == (1 if succeeds else 0)


async def test_a_lock_held_too_long_is_a_503_to_come_back_for(db: Db, database: ServiceDatabase) -> None:
    holder = await asyncpg.connect(database.owner_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE counter")
        with pytest.raises(DBAPIError) as held:
            async with db.begin() as tx:
                await tx.execute(ADD)
    await holder.close()
    refusal = as_refusal(held.value)
    assert isinstance(refusal, LockNotAcquired)
    assert refusal.retry_after == 1


async def test_a_database_that_is_away_is_trouble_and_a_bug_is_not(db: Db) -> None:
    nowhere = Db.connect("postgresql://nobody:x@127.0.0.1:1/none", application="test")
    with pytest.raises(OSError, match="Connect") as away:
        await nowhere.ping()
    await nowhere.close()
    assert is_infrastructure_trouble(away.value)
    assert isinstance(as_refusal(away.value), ServiceUnavailable)
    with pytest.raises(DBAPIError) as bug:
        async with db.begin() as tx:
            await tx.execute(text("SELECT 1 / 0"))
    assert not is_infrastructure_trouble(bug.value)
    assert as_refusal(bug.value) is None


async def test_a_server_that_ends_under_a_connection_is_trouble_and_a_value_of_the_wrong_type_is_not(
    database: ServiceDatabase,
) -> None:
    assert is_infrastructure_trouble(asyncpg.InternalClientError("unexpected protocol state"))
    connection = await asyncpg.connect(database.app_url)
    with pytest.raises(asyncpg.DataError) as wrong_type:
        await connection.fetchval("SELECT $1::int", "no number")
    assert not is_infrastructure_trouble(wrong_type.value)
    assert not is_infrastructure_trouble(asyncpg.exceptions.ClientConfigurationError("no such address"))
    await connection.close()
    with pytest.raises(asyncpg.InterfaceError) as closed:
        await connection.fetchval("SELECT 1")
    assert is_infrastructure_trouble(closed.value)


async def test_a_full_pool_is_trouble_within_a_second(database: ServiceDatabase) -> None:
    small = Db.connect(database.app_url, application="test", pool_size=1)
    release = asyncio.Event()

    async def hold() -> None:
        async with small.begin():
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(1 + 4)]
    await asyncio.sleep(0.2)
    with pytest.raises(Exception, match="QueuePool") as full:
        await small.ping()
    release.set()
    await asyncio.gather(*holders)
    await small.close()
    assert isinstance(as_refusal(full.value), ServiceUnavailable)
