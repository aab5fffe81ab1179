"""A broker in a database of the PostgreSQL that runs anyway, for machines without RabbitMQ.

Publishing is one multi-row INSERT: its commit is the confirm. Consuming claims rows for a few seconds with
``FOR UPDATE SKIP LOCKED`` and renews the claim while it holds them; a dead consumer's rows become visible again.
Claims and acks need not survive a crash of the server (the message would only come again), so they wait for no disk.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta

import asyncpg

from fairground_common.db.connection import CONNECT_SECONDS, session_settings
from fairground_common.db.failures import DATABASE_ERRORS
from fairground_common.db.pool import Connection
from fairground_common.messaging.broker import (
    PUBLISH_SECONDS,
    BrokerAway,
    DeadLetter,
    Delivery,
    Message,
    NotConfirmed,
    Subscription,
)
from fairground_common.messaging.topology import DELIVERY_LIMIT, Topology

LEASE = timedelta(seconds=6)
"""How long a claim holds: well below the 10 s within which a dead consumer's messages are back."""
RENEW_SECONDS = 1.5
POLL_SECONDS = 0.025
CLOSE_SECONDS = 2.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS binding (type text, queue text, PRIMARY KEY (type, queue));
CREATE TABLE IF NOT EXISTS message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    body bytea NOT NULL,
    visible_at timestamptz NOT NULL,
    deliveries integer NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX IF NOT EXISTS ix_message_queue_id ON message (queue, id);
CREATE TABLE IF NOT EXISTS dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    body bytea NOT NULL,
    reason text NOT NULL,
    buried_at timestamptz NOT NULL
);
"""

PUBLISH = """
WITH copies AS (
    INSERT INTO message (queue, body, visible_at, deliveries)
    SELECT b.queue, m.body, clock_timestamp(), 0
    FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS m (type, body, position) JOIN binding b USING (type)
    ORDER BY m.position
)
SELECT DISTINCT type FROM binding WHERE type = ANY($1)
"""

CLAIM = """
WITH due AS (
    SELECT id FROM message WHERE queue = $1 AND visible_at <= clock_timestamp()
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE message m SET visible_at = clock_timestamp() + $3, deliveries = m.deliveries + 1
FROM due WHERE m.id = due.id RETURNING m.id, m.body, m.deliveries
"""

HOLD = "UPDATE message SET visible_at = clock_timestamp() + $2 WHERE id = ANY($1)"

BIND = "INSERT INTO binding (type, queue) VALUES ($1, $2) ON CONFLICT DO NOTHING"

ACK = "DELETE FROM message WHERE id = ANY($1)"

BURY = "INSERT INTO dead_letter (queue, body, reason, buried_at) VALUES ($1, $2, $3, clock_timestamp())"

LETTERS = "SELECT body, reason FROM dead_letter WHERE queue = $1 ORDER BY id LIMIT $2"

BURY_WORN_OUT = """
WITH gone AS (DELETE FROM message WHERE id = ANY($1) RETURNING queue, body)
INSERT INTO dead_letter (queue, body, reason, buried_at)
SELECT queue, body, 'delivered too often without being settled', clock_timestamp() FROM gone
"""

LOCK_KEY = 0x62757321
"""Advisory lock of the topology command."""


class EmbeddedBroker:
    """The broker of ``make run`` and of small installations."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._pool: asyncpg.Pool | None = None

    async def publish(self, messages: Sequence[Message]) -> None:
        types, bodies = [m.type for m in messages], [m.body for m in messages]
        try:
            with _database_trouble():
                async with asyncio.timeout(PUBLISH_SECONDS):
                    routed = await (await self._publishing()).fetch(PUBLISH, types, bodies)
        except BrokerAway as away:
            raise NotConfirmed(dict.fromkeys((m.id for m in messages), str(away))) from away
        known = {row["type"] for row in routed}
        lost = {m.id: f"unroutable: no queue listens to {m.type}" for m in messages if m.type not in known}
        if lost:
            raise NotConfirmed(lost)

    async def bury(self, queue: str, letter: DeadLetter) -> None:
        try:
            with _database_trouble():
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await (await self._publishing()).execute(BURY, queue, letter.body, letter.reason)
        except BrokerAway as away:
            raise NotConfirmed({"dead letter": str(away)}) from away

    @asynccontextmanager
    async def subscribe(self, queue: str, *, prefetch: int) -> AsyncIterator[Subscription]:
        pool = await _open_pool(self._url, f"{self._name} consume", {"synchronous_commit": "off"})
        subscription = EmbeddedSubscription(pool, queue, prefetch)
        renewing = asyncio.create_task(subscription.keep_renewing())
        try:
            await subscription.check_queue()
            yield subscription
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await subscription.let_go()
            await _close(pool)

    async def dead_letters(self, queue: str, *, most: int = 100) -> Sequence[DeadLetter]:
        with _database_trouble():
            rows = await (await self._publishing()).fetch(LETTERS, queue, most)
        return [DeadLetter(row["body"], row["reason"]) for row in rows]

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await _close(pool)

    async def _publishing(self) -> asyncpg.Pool:
        if self._pool is None:
            self._pool = await _open_pool(self._url, f"{self._name} publish", {})
        return self._pool


class EmbeddedSubscription:
    """Claims on a queue's rows, renewed while they are held."""

    def __init__(self, pool: asyncpg.Pool, queue: str, prefetch: int) -> None:
        self._pool = pool
        self._queue = queue
        self._prefetch = prefetch
        self._held: set[int] = set()

    async def check_queue(self) -> None:
        with _database_trouble():
            if not await self._pool.fetchval("SELECT 1 FROM binding WHERE queue = $1 LIMIT 1", self._queue):
                raise BrokerAway(f"{self._queue} has not been declared")

    async def receive(self) -> Sequence[Delivery]:
        while True:
            deliveries = await self._claim(self._prefetch - len(self._held))
            if deliveries:
                return deliveries
            await asyncio.sleep(POLL_SECONDS)

    async def ack(self, tags: Sequence[int]) -> None:
        with _database_trouble():
            await self._pool.execute(ACK, list(tags))
        self._held.difference_update(tags)

    async def keep_renewing(self) -> None:
        """Renew what is held, until cancelled. A failure is no news: ``receive`` meets it too."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if self._held:
                with suppress(*DATABASE_ERRORS):
                    await self._pool.execute(HOLD, list(self._held), LEASE)

    async def let_go(self) -> None:
        """Make what is still held visible at once; where that fails, the lease ends by itself."""
        if self._held:
            with suppress(*DATABASE_ERRORS):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._pool.execute(HOLD, list(self._held), timedelta(0))

    async def _claim(self, most: int) -> list[Delivery]:
        if most <= 0:
            return []
        with _database_trouble():
            rows = await self._pool.fetch(CLAIM, self._queue, most, LEASE)
            worn_out = [row["id"] for row in rows if row["deliveries"] > DELIVERY_LIMIT]
            if worn_out:
                await self._pool.execute(BURY_WORN_OUT, worn_out)
        fresh = sorted((row["id"], row["body"]) for row in rows if row["deliveries"] <= DELIVERY_LIMIT)
        self._held.update(tag for tag, _ in fresh)
        return [Delivery(tag, body) for tag, body in fresh]


async def declare(url: str, topology: Topology) -> None:
    """Create tables and bindings; again changes nothing. Raises BrokerAway."""
    with _database_trouble():
        connection = await asyncpg.connect(url, timeout=PUBLISH_SECONDS)
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
                await connection.execute(SCHEMA)
                await connection.executemany(BIND, topology.bindings())
        finally:
            await connection.close()


@contextmanager
def _database_trouble() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        raise BrokerAway(f"{type(error).__name__}: {error}") from error


async def _open_pool(url: str, application: str, settings: Mapping[str, str]) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=2,
        timeout=CONNECT_SECONDS,
        command_timeout=PUBLISH_SECONDS / 2,  # giving up a command may take as long again
        server_settings={**session_settings(application), **settings},
        connection_class=Connection,
    )


async def _close(pool: asyncpg.Pool) -> None:
    """Close a pool within 2 s; what hangs is cut off."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except DATABASE_ERRORS:
        pool.terminate()
