"""A broker in a database of the PostgreSQL that runs anyway, for machines without RabbitMQ.

Publishing is one multi-row INSERT: its commit is the confirm. Consuming claims rows for a few seconds with
``FOR UPDATE SKIP LOCKED`` and renews the claim while it holds them; a dead consumer's rows become visible again.
Claims and acks need not survive a crash of the server (the message would only come again), so they wait for no disk.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

import asyncpg

from fairground_common.messaging.broker import (
    PUBLISH_SECONDS,
    BrokerAway,
    Buried,
    DeadLetter,
    Message,
    NotConfirmed,
    QueueState,
    Subscription,
)
from fairground_common.messaging.embedded_statements import (
    BIND,
    BURY,
    DROP,
    IS_BOUND,
    LETTERS,
    LOCK,
    LOCK_KEY,
    PUBLISH,
    REPLAY,
    SCHEMA,
    STATE,
)
from fairground_common.messaging.embedded_store import close_pool, database_trouble, open_pool
from fairground_common.messaging.embedded_subscription import EmbeddedSubscription, consumers_of, new_consumer_of
from fairground_common.messaging.topology import Topology
from fairground_common.messaging.watchdog import SILENCE_SECONDS, Watchdog

TAKEN_AT_ONCE = 100


class EmbeddedBroker:
    """The broker of ``make run`` and of small installations."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._watchdog = Watchdog()
        self._pool: asyncpg.Pool | None = None

    async def publish(self, messages: Sequence[Message]) -> None:
        types, bodies = [m.type for m in messages], [m.body for m in messages]
        try:
            routed = await self._write(PUBLISH, types, bodies)
        except BrokerAway as away:
            raise NotConfirmed(dict.fromkeys((m.id for m in messages), str(away))) from away
        known = {row["type"] for row in routed}
        lost = {m.id: f"unroutable: no queue listens to {m.type}" for m in messages if m.type not in known}
        if lost:
            raise NotConfirmed(lost)

    async def bury(self, queue: str, letter: DeadLetter) -> None:
        try:
            await self._write(BURY, queue, letter.body, letter.reason, letter.tries)
        except BrokerAway as away:
            raise NotConfirmed({"dead letter": str(away)}) from away

    @asynccontextmanager
    async def subscribe(self, queue: str, *, prefetch: int) -> AsyncIterator[Subscription]:
        line = self._watchdog.line(f"consuming {queue}")
        pool = await open_pool(self._url, new_consumer_of(queue), {"synchronous_commit": "off"})
        subscription = EmbeddedSubscription(pool, queue, prefetch, line)
        line.over(ask=subscription.check_queue, cut=pool.expire_connections)
        renewing = asyncio.create_task(subscription.keep_renewing())
        try:
            await subscription.check_queue()
            yield subscription
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await subscription.let_go()
            await close_pool(pool)

    async def watch(self, *, silence_seconds: float = SILENCE_SECONDS) -> NoReturn:
        await self._watchdog.watch(silence_seconds)

    async def state(self, queue: str) -> QueueState:
        with database_trouble():
            pool = await self._publishing()
            if not await pool.fetchval(IS_BOUND, queue):
                raise BrokerAway(f"{queue} has not been declared")
            counts = await pool.fetchrow(STATE, queue, consumers_of(queue))
        assert counts is not None, "the statement always gives one row"
        return QueueState(queue, **counts)

    async def dead_letters(self, queue: str, *, most: int | None = None) -> Sequence[Buried]:
        return await self._letters(LETTERS, queue, None, most)

    def replay(self, queue: str, ids: Collection[str] | None = None) -> AsyncIterator[Buried]:
        return self._take_away(REPLAY, queue, ids)

    def drop(self, queue: str, ids: Collection[str] | None = None) -> AsyncIterator[Buried]:
        return self._take_away(DROP, queue, ids)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await close_pool(pool)

    async def _publishing(self) -> asyncpg.Pool:
        if self._pool is None:
            self._pool = await open_pool(self._url, f"{self._name} publish", {})
        return self._pool

    async def _write(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        """Run what must be durable when it returns. Raises BrokerAway."""
        with database_trouble():
            async with asyncio.timeout(PUBLISH_SECONDS):
                pool = await self._publishing()
                line = self._watchdog.line("publishing")
                line.over(ask=lambda: pool.execute("SELECT"), cut=pool.expire_connections)
                rows: Sequence[asyncpg.Record] = await pool.fetch(statement, *values)
        line.heard()
        return rows

    async def _take_away(self, statement: str, queue: str, ids: Collection[str] | None) -> AsyncIterator[Buried]:
        """Run a statement on letters that are there now, some at a time, and yield what it took."""
        wanted = None if ids is None else [int(each) for each in ids if each.isdecimal()]
        there = [int(letter.id) for letter in await self._letters(LETTERS, queue, wanted, None)]
        for start in range(0, len(there), TAKEN_AT_ONCE):
            for letter in await self._letters(statement, queue, there[start : start + TAKEN_AT_ONCE]):
                yield letter

    async def _letters(self, statement: str, *values: object) -> Sequence[Buried]:
        with database_trouble():
            rows = await (await self._publishing()).fetch(statement, *values)
        return [_buried(row) for row in rows]


def _buried(row: asyncpg.Record) -> Buried:
    letter = DeadLetter(row["body"], row["reason"], row["tries"])
    return Buried(str(row["id"]), row["queue"], letter, row["buried_at"])


async def declare(url: str, topology: Topology) -> None:
    """Create tables and bindings; again changes nothing. Raises BrokerAway."""
    with database_trouble():
        connection = await asyncpg.connect(url, timeout=PUBLISH_SECONDS)
        try:
            async with connection.transaction():
                await connection.execute(LOCK, LOCK_KEY)
                await connection.execute(SCHEMA)
                await connection.executemany(BIND, topology.bindings())
        finally:
            await connection.close()
