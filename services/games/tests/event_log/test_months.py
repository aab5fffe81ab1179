"""Months of the log are ready before they begin, and go when they are too old."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from fairground_common.db import Db, Tx
from fairground_common.periodic import repeat
from fairground_common.testing import eventually
from fairground_games.event_log.usecases import Tidied, tidy_event_log


def month(ahead: int) -> datetime.date:
    """Return the first day of a month, counted from the current one."""
    now = datetime.datetime.now(datetime.UTC)
    index = now.year * 12 + now.month - 1 + ahead
    return datetime.date(index // 12, index % 12 + 1, 1)


def name(ahead: int) -> str:
    return f"user_event_log_{month(ahead):%Y%m}"


async def months(owner: asyncpg.Connection) -> list[str]:
    rows = await owner.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'user_event_log'::regclass"
    )
    return sorted(row["name"] for row in rows if not row["name"].endswith("default"))


async def add_month(owner: asyncpg.Connection, ahead: int) -> None:
    bounds = f"FROM ('{month(ahead)}') TO ('{month(ahead + 1)}')"
    await owner.execute(f"CREATE TABLE {name(ahead)} PARTITION OF user_event_log FOR VALUES {bounds}")


async def tidy(db: Db, *, months_kept: int) -> Tidied:
    async with db.begin() as tx:
        return await tidy_event_log(tx, months_kept=months_kept)


async def test_a_migrated_database_has_the_year_ahead_and_nothing_to_tidy(db: Db, owner: asyncpg.Connection) -> None:
    assert await months(owner) == [name(ahead) for ahead in range(13)]
    assert await tidy(db, months_kept=13) == Tidied(made=None, dropped=None)


async def test_a_missing_month_is_made_like_those_of_the_migration(db: Db, owner: asyncpg.Connection) -> None:
    for ahead in (0, 12):
        await owner.execute(f"DROP TABLE {name(ahead)}")
    assert [(await tidy(db, months_kept=0)).made for _ in range(3)] == [name(0), name(12), None]
    await owner.execute("INSERT INTO user_event_log (created_at, user_id, action, result) VALUES (now(), 1, 'A', '{}')")
    assert await owner.fetchval("SELECT tableoid::regclass::text FROM user_event_log") == name(0)
    shapes = [
        await owner.fetch(
            "SELECT replace(indexdef, $1, '') FROM pg_indexes WHERE tablename = $1 ORDER BY indexname", name(ahead)
        )
        for ahead in (0, 1)
    ]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 2


async def test_months_go_one_at_a_time_the_oldest_first_with_all_their_rows(db: Db, owner: asyncpg.Connection) -> None:
    for ahead in (-15, -14, -13):
        await add_month(owner, ahead)
        await owner.execute(
            "INSERT INTO user_event_log (created_at, user_id, action, result) VALUES ($1, 1, 'A', '{}')",
            datetime.datetime.combine(month(ahead), datetime.time(1), datetime.UTC),
        )
    assert [(await tidy(db, months_kept=13)).dropped for _ in range(3)] == [name(-15), name(-14), None]
    assert await owner.fetchval("SELECT count(*) FROM user_event_log") == 1


async def test_0_keeps_every_month(db: Db, owner: asyncpg.Connection) -> None:
    await add_month(owner, -100)
    assert (await tidy(db, months_kept=0)).dropped is None
    assert name(-100) in await months(owner)


@pytest.mark.parametrize("asked", [1, 0, -5])
async def test_the_database_itself_keeps_three_months_whatever_it_is_asked(
    pool: asyncpg.Pool, owner: asyncpg.Connection, asked: int
) -> None:
    for ahead in (-4, -3):
        await add_month(owner, ahead)
    dropped = [await pool.fetchval("SELECT drop_oldest_event_log_month($1)", asked) for _ in range(2)]
    assert dropped == [name(-4), None]


async def test_a_month_whose_rows_lie_in_the_default_partition_stays_there(db: Db, owner: asyncpg.Connection) -> None:
    await owner.execute(f"DROP TABLE {name(0)}")
    await owner.execute("INSERT INTO user_event_log (created_at, user_id, action, result) VALUES (now(), 1, 'A', '{}')")
    assert (await tidy(db, months_kept=13)).made is None


async def test_the_app_role_can_neither_drop_nor_make_months_by_itself(pool: asyncpg.Pool) -> None:
    for statement in (f"DROP TABLE {name(0)}", "CREATE TABLE mine (id int)", "DELETE FROM user_event_log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


async def test_a_busy_log_is_left_alone_until_it_is_free(db: Db, owner: asyncpg.Connection) -> None:
    await add_month(owner, -20)
    tries: list[Tx] = []
    async with keeping(db, tries):
        async with owner.transaction():
            await owner.execute("LOCK TABLE user_event_log IN ROW EXCLUSIVE MODE")
            begun = len(tries)
            await eventually(lambda: len(tries) > begun + 2)  # the one under way, and one that was given up since
        await eventually(lambda: gone(owner, name(-20)))


async def gone(owner: asyncpg.Connection, partition: str) -> bool:
    return partition not in await months(owner)


@asynccontextmanager
async def keeping(db: Db, tries: list[Tx]) -> AsyncIterator[None]:
    """Keep the log around the block, without the ten minutes' pause, and note each try."""

    async def keep(tx: Tx) -> Tidied:
        tries.append(tx)
        return await tidy_event_log(tx, months_kept=13)

    task = asyncio.create_task(repeat(db, keep, named="event log tidied", every=0.05))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
