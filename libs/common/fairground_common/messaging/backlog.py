"""What waits, counted by a worker from time to time: never by whoever answers a player.

A count costs its tables something, so it has a bound; and it may fail, so each says when it was last made.
"""

import asyncio
import time
from typing import NoReturn

from sqlalchemy import text

from fairground_common.db import Tx
from fairground_common.messaging.broker import Broker, BrokerAway
from fairground_common.messaging.metrics import DEAD_LETTERS, OUTBOX_EVENTS, QUEUE_CONSUMERS, QUEUE_READY
from fairground_common.telemetry import Gauge

COUNT_SECONDS = 15.0
LOOK_SECONDS = 30.0
"""A look into a queue is a connection of its own on RabbitMQ."""
MOST_COUNTED = 100_000

COUNTED = Gauge(
    "fairground_counted_timestamp_seconds", "When a number was last counted, in seconds since 1970.", "what"
)

_UNSENT = text(f"SELECT count(*) FROM (SELECT FROM outbox LIMIT {MOST_COUNTED}) AS unsent")  # noqa: S608 - a constant


def note_counted(what: str) -> None:
    COUNTED.set(time.time(), what)


async def count_outbox(tx: Tx) -> None:
    """Count the events that wait to be sent."""
    OUTBOX_EVENTS.set(await tx.scalar(_UNSENT))
    note_counted("outbox")


async def watch_queue(broker: Broker, queue: str, *, every: float = LOOK_SECONDS) -> NoReturn:
    """Count a queue's messages and dead letters, for ever. Why a broker is away, its consumer logs."""
    while True:
        try:
            state = await broker.state(queue)
        except BrokerAway:
            pass
        else:
            QUEUE_READY.set(state.ready)
            QUEUE_CONSUMERS.set(state.consumers)
            DEAD_LETTERS.set(state.dead)
            note_counted("queue")
        await asyncio.sleep(every)
