"""What only the embedded broker has to do itself."""

import asyncio

import asyncpg

from fairground_common.messaging import DeadLetter, Message
from fairground_common.messaging.embedded_subscription import LEASE, RENEW_SECONDS
from fairground_common.messaging.topology import DELIVERY_LIMIT, WORN_OUT
from fairground_common.testing.buses import Bus, new_type


async def test_a_message_nobody_ever_settles_is_buried_in_the_end(embedded_bus: Bus, bus_database_url: str) -> None:
    kind, broker = new_type(), embedded_bus.broker()
    queue = await embedded_bus.queue(kind)
    await broker.publish([Message("1", kind, b"kills its consumer"), Message("2", kind, b"innocent")])
    connection = await asyncpg.connect(bus_database_url)
    await connection.execute(
        "UPDATE message SET deliveries = $1 WHERE body = $2", DELIVERY_LIMIT, b"kills its consumer"
    )
    await connection.close()
    async with broker.subscribe(queue, prefetch=10) as subscription:
        (delivery,) = await subscription.receive()
        assert delivery.body == b"innocent"
        await subscription.ack([delivery.tag])
    (buried,) = await broker.dead_letters(queue)
    assert buried.letter == DeadLetter(b"kills its consumer", WORN_OUT, DELIVERY_LIMIT)


async def test_what_is_held_stays_held_beyond_the_lease(embedded_bus: Bus) -> None:
    kind, broker = new_type(), embedded_bus.broker()
    queue = await embedded_bus.queue(kind)
    await broker.publish([Message("1", kind, b"slow")])
    async with broker.subscribe(queue, prefetch=1) as subscription:
        await subscription.receive()
        await asyncio.sleep(LEASE.total_seconds() + 2 * RENEW_SECONDS)
        await broker.publish([Message("2", kind, b"next")])
        async with broker.subscribe(queue, prefetch=10) as other:
            assert [delivery.body for delivery in await other.receive()] == [b"next"]
