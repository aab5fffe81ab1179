"""Consuming from the embedded broker: rows are claimed for a few seconds, and the claim is renewed while it lasts."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import asyncpg

from fairground_common.db.failures import DATABASE_ERRORS
from fairground_common.ids import new_id
from fairground_common.messaging.broker import BrokerAway, Delivery
from fairground_common.messaging.embedded_statements import ACK, BURY_WORN_OUT, CLAIM, HOLD, IS_BOUND
from fairground_common.messaging.embedded_store import CLOSE_SECONDS, database_trouble
from fairground_common.messaging.topology import DELIVERY_LIMIT, WORN_OUT
from fairground_common.messaging.watchdog import Line

LEASE = timedelta(seconds=6)
"""How long a claim holds: well below the 10 s within which a dead consumer's messages are back."""
RENEW_SECONDS = 1.5
POLL_SECONDS = 0.025


def consumers_of(queue: str) -> str:
    """Return how the names of all connections that consume a queue begin: this is how they are counted."""
    return f"{queue} consumer "


def new_consumer_of(queue: str) -> str:
    """Return a name for the connections of one consumer. PostgreSQL keeps 63 characters of it."""
    return consumers_of(queue) + new_id().hex[-4:]


class EmbeddedSubscription:
    """Claims on a queue's rows, renewed while they are held."""

    def __init__(self, pool: asyncpg.Pool, queue: str, prefetch: int, line: Line) -> None:
        self._pool = pool
        self._queue = queue
        self._prefetch = prefetch
        self._line = line
        self._held: set[int] = set()

    async def check_queue(self) -> None:
        with database_trouble():
            if not await self._pool.fetchval(IS_BOUND, self._queue):
                raise BrokerAway(f"{self._queue} has not been declared")
        self._line.heard()

    async def receive(self) -> Sequence[Delivery]:
        while True:
            deliveries = await self._claim(self._prefetch - len(self._held))
            if deliveries:
                return deliveries
            await asyncio.sleep(POLL_SECONDS)

    async def ack(self, tags: Sequence[int]) -> None:
        with database_trouble():
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
        with database_trouble():
            rows = await self._pool.fetch(CLAIM, self._queue, most, LEASE)
            worn_out = [row["id"] for row in rows if row["deliveries"] > DELIVERY_LIMIT]
            if worn_out:
                await self._pool.execute(BURY_WORN_OUT, worn_out, WORN_OUT)
        self._line.heard()
        fresh = sorted((row["id"], row["body"]) for row in rows if row["deliveries"] <= DELIVERY_LIMIT)
        self._held.update(tag for tag, _ in fresh)
        return [Delivery(tag, body) for tag, body in fresh]
