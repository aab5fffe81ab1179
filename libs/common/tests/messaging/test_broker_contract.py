"""What every broker promises, on the real ones."""

import asyncio
import sys
from collections.abc import Sequence

import pytest
from pydantic import SecretStr

from fairground_common.embedded import free_port
from fairground_common.messaging import BrokerAway, DeadLetter, Message, NotConfirmed, Topology, declare
from fairground_common.messaging.broker import Broker, Delivery, Subscription
from fairground_common.testing.buses import Bus, new_type

CONSUMER_TO_BE_KILLED = """
import asyncio, sys
from fairground_common.messaging.{module} import {broker}

async def main():
    async with {broker}(sys.argv[1], name="victim").subscribe(sys.argv[2], prefetch=10) as subscription:
        print(len(await subscription.receive()), flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


def messages(kind: str, *bodies: bytes) -> list[Message]:
    return [Message(str(number), kind, body) for number, body in enumerate(bodies)]


async def bodies_of(subscription: Subscription, count: int) -> list[bytes]:
    """Receive and ack that many messages."""
    found: list[Delivery] = []
    while len(found) < count:
        deliveries = await subscription.receive()
        await subscription.ack([delivery.tag for delivery in deliveries])
        found += deliveries
    return [delivery.body for delivery in found]


async def drained(broker: Broker, queue: str, count: int) -> list[bytes]:
    async with broker.subscribe(queue, prefetch=100) as subscription:
        return sorted(await bodies_of(subscription, count))


async def test_a_list_goes_in_and_a_list_comes_out(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await broker.publish(messages(kind, b"one", b"two", b"three"))
    assert await drained(broker, queue, 3) == [b"one", b"three", b"two"]


async def test_every_queue_that_listens_gets_a_copy(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queues = [await bus.queue(kind), await bus.queue(kind)]
    await broker.publish(messages(kind, b"news"))
    assert [await drained(broker, queue, 1) for queue in queues] == [[b"news"], [b"news"]]


async def test_a_queue_gets_only_what_it_listens_to(bus: Bus) -> None:
    mine, other, broker = new_type(), new_type(), bus.broker()
    queue = await bus.queue(mine)
    await bus.queue(other)
    await broker.publish([Message("theirs", other, b"theirs"), Message("ours", mine, b"ours")])
    assert await drained(broker, queue, 1) == [b"ours"]


async def test_a_message_nobody_listens_to_is_named_and_its_neighbours_are_confirmed(bus: Bus) -> None:
    known, unknown, broker = new_type(), new_type(), bus.broker()
    queue = await bus.queue(known)
    mixed = [Message("a", known, b"a"), Message("lost", unknown, b"lost"), Message("b", known, b"b")]
    with pytest.raises(NotConfirmed, match="unroutable") as refused:
        await broker.publish(mixed)
    assert list(refused.value.reasons) == ["lost"]
    assert await drained(broker, queue, 2) == [b"a", b"b"]


async def test_a_confirmed_message_outlives_its_publisher(bus: Bus) -> None:
    kind, publisher = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await publisher.publish(messages(kind, b"kept"))
    await publisher.close()
    assert await drained(bus.broker(), queue, 1) == [b"kept"]


async def test_an_unreachable_broker_confirms_nothing_and_says_so(bus: Bus) -> None:
    port = free_port()
    nowhere = Bus(
        amqp_url=SecretStr(f"amqp://a:b@127.0.0.1:{port}/") if bus.amqp_url else None,
        bus_database_url=SecretStr(f"postgresql://a:b@127.0.0.1:{port}/c"),
    )
    broker = nowhere.broker()
    with pytest.raises(NotConfirmed) as refused:
        await broker.publish(messages(new_type(), b"x", b"y"))
    assert set(refused.value.reasons) == {"0", "1"}
    with pytest.raises(NotConfirmed):
        await broker.bury("fairground.nobody", DeadLetter(b"x", "y"))
    with pytest.raises(BrokerAway):
        async with broker.subscribe("fairground.nobody", prefetch=1):
            pass
    with pytest.raises(BrokerAway):
        await declare(nowhere)
    await nowhere.close()


async def test_what_was_not_acked_comes_back_and_what_was_does_not(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await broker.publish(messages(kind, *(str(number).encode() for number in range(6))))
    async with broker.subscribe(queue, prefetch=100) as subscription:
        held = await _held(subscription, 6)
        await subscription.ack([delivery.tag for delivery in held if delivery.body in {b"5", b"1"}])
    assert await drained(broker, queue, 4) == [b"0", b"2", b"3", b"4"]


async def test_messages_may_be_acked_in_any_order(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await broker.publish(messages(kind, b"1", b"2", b"3", b"4"))
    async with broker.subscribe(queue, prefetch=100) as subscription:
        tags = [delivery.tag for delivery in await _held(subscription, 4)]
        for tag in (tags[2], tags[0], tags[3], tags[1]):
            await subscription.ack([tag])
    await broker.publish(messages(kind, b"after"))
    assert await drained(broker, queue, 1) == [b"after"]


async def test_no_more_is_held_than_asked_for(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await broker.publish(messages(kind, *(b"x" for _ in range(7))))
    async with broker.subscribe(queue, prefetch=2) as subscription:
        held = await _held(subscription, 2)
        other = asyncio.create_task(_received_by_another(broker, queue))
        assert await other == 5
        await subscription.ack([delivery.tag for delivery in held])


async def test_messages_of_a_killed_consumer_come_back(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await broker.publish(messages(kind, b"held"))
    victim = await _start_victim(bus, queue)
    assert victim.stdout
    assert await victim.stdout.readline() == b"1\n"
    victim.kill()
    await victim.wait()
    async with asyncio.timeout(10):
        assert await drained(broker, queue, 1) == [b"held"]


async def test_a_queue_that_was_not_declared_cannot_be_consumed(bus: Bus) -> None:
    await bus.queue(new_type())
    with pytest.raises(BrokerAway):
        async with bus.broker().subscribe("fairground.never-declared", prefetch=1):
            pass


async def test_declaring_again_keeps_messages_and_adds_what_is_new(bus: Bus) -> None:
    old, new, broker = new_type(), new_type(), bus.broker()
    queue = await bus.queue(old)
    await broker.publish(messages(old, b"old"))
    await declare(bus, Topology({queue: (old, new)}))
    await declare(bus, Topology({queue: (old, new)}))
    await broker.publish(messages(new, b"new"))
    assert await drained(broker, queue, 2) == [b"new", b"old"]


async def test_a_large_bundle_arrives_whole(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    body = bytes(range(256)) * 4096
    await broker.publish(messages(kind, body))
    assert await drained(broker, queue, 1) == [body]


async def _held(subscription: Subscription, count: int) -> Sequence[Delivery]:
    found: list[Delivery] = []
    while len(found) < count:
        found += await subscription.receive()
        assert len(found) <= count
    return found


async def _received_by_another(broker: Broker, queue: str) -> int:
    async with broker.subscribe(queue, prefetch=100) as subscription:
        return len(await bodies_of(subscription, 5))


async def _start_victim(bus: Bus, queue: str) -> asyncio.subprocess.Process:
    if bus.amqp_url is not None:
        url, code = bus.amqp_url, CONSUMER_TO_BE_KILLED.format(module="rabbitmq", broker="RabbitBroker")
    else:
        assert bus.bus_database_url
        url, code = bus.bus_database_url, CONSUMER_TO_BE_KILLED.format(module="embedded", broker="EmbeddedBroker")
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, url.get_secret_value(), queue, stdout=asyncio.subprocess.PIPE
    )


async def test_two_consumers_never_hold_the_same_message(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await broker.publish(messages(kind, *(b"%d" % number for number in range(20))))
    async with broker.subscribe(queue, prefetch=10) as first, broker.subscribe(queue, prefetch=10) as second:
        mine, theirs = await _held(first, 10), await _held(second, 10)
    assert len({delivery.body for delivery in [*mine, *theirs]}) == 20
