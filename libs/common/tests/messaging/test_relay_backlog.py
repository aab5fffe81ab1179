"""A backlog of 200,000 events under an old snapshot, which keeps every deleted row where it is.

Bounds are counts: entries of the index that were read, and pages, so that they hold on any machine.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pytest

from fairground_common.messaging import Message, Relay, bundle
from fairground_common.messaging.relay import DELETE, READ, READ_ROWS
from fairground_common.testing import eventually

ROWS = 200_000
PAGES_A_READ = 60
"""Of 500 rows of this size, which fill 20 pages of the table, with those of the index."""
ENTRIES_A_ROW = 8
"""Of the index, from first read to last: one to read a row, one to delete it, and four looks back at what is gone.

3.8 were measured, and 202 where every read began at the beginning.
"""

WRITE = """
INSERT INTO outbox (event_id, type, key, envelope, created_at)
SELECT lpad(number::text, 32, '0')::uuid, 'test.happened.v1', number,
    '{"event_id": "' || lpad(number::text, 32, '0')::uuid || '", "type": "test.happened.v1"}', now()
FROM generate_series(1, $1::bigint) AS number
"""
ROWS_READ = """
SELECT nullif(greatest(seq_tup_read + idx_tup_read, $1), $1)
FROM pg_stat_user_tables AS t JOIN pg_stat_user_indexes AS i USING (relid) WHERE t.relname = 'outbox'
"""


class Ear:
    """A broker that confirms everything and remembers the order of events."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.heard += [int(str(each.event_id).replace("-", "")) for each in bundle.outlines(message.body)]


@pytest.fixture
async def connection(outbox_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(outbox_url)
    yield connection
    await connection.close()


@pytest.fixture
async def backlog(connection: asyncpg.Connection, old_snapshot: asyncpg.Connection) -> None:
    await connection.execute(WRITE, ROWS)


@pytest.fixture
async def old_snapshot(outbox_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Return a session that sees the outbox as it was before, and goes on to."""
    session = await asyncpg.connect(outbox_url)
    await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    assert await session.fetchval("SELECT count(*) FROM outbox") == 0
    yield session
    await session.close()


@asynccontextmanager
async def relaying(url: str, ear: Ear) -> AsyncIterator[Relay]:
    relay = Relay(url, ear, name="test")
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def pages(connection: asyncpg.Connection, *, after: int) -> int:
    """Return how many pages a read from there looks at."""
    told = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {READ}", [], READ_ROWS, after)
    plan = json.loads(told)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.usefixtures("backlog")
async def test_it_is_sent_in_order_and_once_and_no_read_walks_over_what_is_gone(
    connection: asyncpg.Connection, outbox_url: str
) -> None:
    ear = Ear()
    async with relaying(outbox_url, ear) as relay:
        await eventually(lambda: relay.state.sent == ROWS, within=300, every=0.001)
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    assert ear.heard == list(range(1, ROWS + 1))
    assert await rows_read(connection) < ENTRIES_A_ROW * ROWS


async def rows_read(connection: asyncpg.Connection) -> int:
    """Return what was read of table and index, as soon as the relay's session has told."""
    return int(await eventually(lambda: connection.fetchval(ROWS_READ, 2 * ROWS)))


@pytest.mark.usefixtures("backlog")
async def test_a_read_costs_by_what_it_finds_where_deleted_rows_end(
    connection: asyncpg.Connection, old_snapshot: asyncpg.Connection
) -> None:
    at_first = await pages(connection, after=0)
    half = [row_id for (row_id,) in await connection.fetch("SELECT id FROM outbox ORDER BY id LIMIT $1", ROWS // 2)]
    await connection.execute(DELETE, half)
    assert await pages(connection, after=half[-1]) <= at_first <= PAGES_A_READ
    assert await pages(connection, after=0) > 20 * PAGES_A_READ, "the snapshot keeps what was deleted"
    await old_snapshot.execute("ROLLBACK")
    await connection.execute("VACUUM outbox")
    assert await pages(connection, after=0) <= 2 * PAGES_A_READ
