"""What relay and consumer tell of events: what was sent, how old it was when it counted, what waits, what is dead."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db
from fairground_common.ids import new_id
from fairground_common.messaging import Consumer, Message, Relay, Topology, bundle, count_outbox, declare, metrics
from fairground_common.messaging.backlog import COUNTED, watch_queue
from fairground_common.telemetry import Histogram
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type

INSERT = """
INSERT INTO outbox (event_id, type, envelope, created_at)
SELECT gen_random_uuid(), $1, $2, clock_timestamp() - $3::interval FROM generate_series(1, $4)
"""


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something endless beside the block."""
    running = asyncio.create_task(work)
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def summed(histogram: Histogram, **labels: str) -> float:
    """Return the sum of what was observed under some labels."""
    wanted = tuple(labels.items())
    return sum(each.value for each in histogram.samples() if (each.suffix, each.labels) == ("_sum", wanted))


async def test_a_relay_tells_what_waits_how_long_and_what_was_sent(outbox_url: str, embedded_bus: Bus) -> None:
    kind, age = new_type(), timedelta(seconds=90)
    connection, db = await asyncpg.connect(outbox_url), Db.connect(outbox_url, application="test")
    await connection.execute(INSERT, kind, "{}", age, 3)
    confirmed, failures = metrics.RELAY_CONFIRMED.value(), metrics.RELAY_FAILURES.value()
    relay = Relay(outbox_url, embedded_bus.broker(), name="test")
    async with beside(relay.run()):
        await eventually(lambda: metrics.RELAY_FAILURES.value() > failures)  # nobody listens
        assert (metrics.RELAY_ACTIVE.value(), metrics.RELAY_WAITING.value()) == (1, 1)
        assert (metrics.OUTBOX_OLDEST.value() or 0) >= age.total_seconds()
        await db.retrying(count_outbox)
        assert metrics.OUTBOX_EVENTS.value() == 3
        await declare(embedded_bus, Topology({f"fairground.test-{new_id().hex}": (kind,)}))
        await eventually(lambda: metrics.RELAY_CONFIRMED.value() == confirmed + 3)
        await eventually(lambda: (metrics.OUTBOX_OLDEST.value(), metrics.RELAY_WAITING.value()) == (0, 0))
        await db.retrying(count_outbox)
        assert metrics.OUTBOX_EVENTS.value() == 0
    await connection.close()
    await db.close()


async def test_a_consumer_tells_how_old_events_were_on_the_time_they_were_made_by(embedded_bus: Bus) -> None:
    """The whole product may stand at another time."""
    offset, age = timedelta(days=400), timedelta(seconds=42)
    made = Clock(offset).now() - age
    events = [Envelope.of(RewardDelivered(grant_id=new_id(), delivered_at=made), at=made) for _ in range(2)]
    kind, before = RewardDelivered.type, summed(metrics.APPLIED, type=RewardDelivered.type)

    async def apply(_events: Sequence[Envelope]) -> None:
        return None

    line = new_type()
    queue, broker = await embedded_bus.queue(line), embedded_bus.broker()
    consumer = Consumer(broker, queue, {RewardDelivered: apply}, clock=Clock(offset))
    await broker.publish([Message("1", line, bundle.encode([event.to_json() for event in events]))])
    async with beside(consumer.run()):
        await eventually(lambda: consumer.state.applied == 2)
        assert metrics.CONSUMER_WAITING.value() == 0
    assert 2 * age.total_seconds() <= summed(metrics.APPLIED, type=kind) - before < 4 * age.total_seconds()


async def test_what_lies_in_a_queue_and_among_its_dead_letters_is_counted(bus: Bus) -> None:
    kind = new_type()
    queue, broker = await bus.queue(kind), bus.broker()
    await broker.publish([Message("junk", kind, b"no JSON")])
    async with beside(watch_queue(broker, queue, every=0.01)):
        await eventually(lambda: (metrics.QUEUE_READY.value(), metrics.DEAD_LETTERS.value()) == (1, 0))
        async with beside(Consumer(broker, queue, {}).run()):
            await eventually(lambda: (metrics.QUEUE_READY.value(), metrics.DEAD_LETTERS.value()) == (0, 1))
            await eventually(lambda: metrics.QUEUE_CONSUMERS.value() == 1)
    assert (COUNTED.value("queue") or 0) > datetime(2026, 1, 1, tzinfo=UTC).timestamp()
