"""What only RabbitMQ can do to us: crash, fill up, lose a queue, refuse a user."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from fairground_common.contracts.names import EXCHANGE
from fairground_common.embedded import BrokerUser, TopicRight
from fairground_common.messaging import (
    TOPOLOGY,
    Broker,
    BrokerAway,
    DeadLetter,
    Message,
    NotConfirmed,
    Topology,
    declare,
    queue_of,
)
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type
from fairground_common.testing.nodes import SETTLING_SECONDS, Node

LETTER = DeadLetter(b"[]", "unreadable: because")
TRIES_IN_AN_ALARM = 5
"""More than the connections a silent broker is granted."""
RIGHTS = TOPOLOGY.rights("seasonpass")
USERS = [
    BrokerUser("all", "secret", tags=["administrator"]),
    BrokerUser(
        "seasonpass",
        "secret",
        configure=RIGHTS.configure,
        write=RIGHTS.write,
        read=RIGHTS.read,
        topics=[TopicRight(EXCHANGE, write=RIGHTS.topics)],
    ),
]


@pytest.fixture(scope="module")
async def node(rabbitmq: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """Ask for `rabbitmq` first: it decides whether there may be none."""
    assert rabbitmq
    async with Node.running(tmp_path_factory.mktemp("node"), USERS) as node:
        yield node


async def test_confirmed_messages_and_both_connections_survive_a_crash_of_the_broker(node: Node) -> None:
    bus, kind = node.bus("all"), new_type()
    queue, broker = await bus.queue(kind), bus.broker()
    await asyncio.sleep(SETTLING_SECONDS)
    for number in range(20):
        await broker.publish([Message("", kind, b"%d" % number)])
    bodies: set[bytes] = set()
    listening = asyncio.create_task(_note(bus.broker(), queue, bodies))
    await eventually(lambda: len(bodies) == 20)
    bodies.clear()
    node.kill()
    await node.start()
    await eventually(lambda: len(bodies) == 20, within=30)
    await eventually(lambda: _taken(broker, kind))
    await eventually(lambda: b"again" in bodies)
    listening.cancel()
    await bus.close()


async def _note(broker: Broker, queue: str, bodies: set[bytes]) -> None:
    """Note what comes and ack nothing; subscribe again whenever the broker is away."""
    while True:
        with suppress(BrokerAway):
            async with broker.subscribe(queue, prefetch=100) as subscription:
                while True:
                    bodies |= {delivery.body for delivery in await subscription.receive()}
        await asyncio.sleep(0.2)


async def test_a_full_queue_refuses_and_takes_again_when_there_is_room(rabbit_bus: Bus) -> None:
    kind, broker = new_type(), rabbit_bus.broker()
    queue = f"fairground.{kind}"
    await declare(rabbit_bus, Topology({queue: (kind,)}, max_messages=1))
    with pytest.raises(NotConfirmed, match="refused: a queue that listens is full"):
        await _publish_ten(broker, kind)
    async with rabbit_bus.broker().subscribe(queue, prefetch=10) as subscription:
        await subscription.ack([delivery.tag for delivery in await subscription.receive()])
        await eventually(lambda: _taken(broker, kind))


async def _publish_ten(broker: Broker, kind: str) -> None:
    for _ in range(10):
        await broker.publish([Message("more", kind, b"x")])


async def _taken(broker: Broker, kind: str) -> bool:
    try:
        await broker.publish([Message("again", kind, b"again")])
    except NotConfirmed:
        return False
    return True


async def test_a_queue_deleted_under_its_consumer_ends_the_subscription(node: Node) -> None:
    bus = node.bus("all")
    queue = await bus.queue(new_type())
    async with bus.broker().subscribe(queue, prefetch=5) as subscription:
        await node.control("delete_queue", queue)
        with pytest.raises(BrokerAway, match="ended by the broker"):
            await subscription.receive()


async def test_publishing_and_consuming_have_a_connection_each(node: Node) -> None:
    bus, kind = node.bus("all"), new_type()
    queue, broker = await bus.queue(kind), bus.broker()
    await broker.publish([Message("1", kind, b"x")])
    async with broker.subscribe(queue, prefetch=1) as subscription:
        await subscription.receive()
        connections = await node.control("list_connections", "client_properties")
    await bus.close()
    assert connections.count('"test publish"') == connections.count('"test consume"') == 1


async def test_a_broker_that_takes_nothing_but_lets_us_in_is_not_given_up(node: Node) -> None:
    bus, kind = node.bus("all"), new_type()
    await bus.queue(kind)
    broker = bus.broker()
    await broker.publish([Message("1", kind, b"x")])
    await node.control("set_disk_free_limit", "999GB")
    watching: asyncio.Task[None] = asyncio.create_task(broker.watch(silence_seconds=0.4))
    for _ in range(TRIES_IN_AN_ALARM):
        assert not await _taken(broker, kind)
    assert not watching.done()
    await node.control("set_disk_free_limit", "50MB")
    await eventually(lambda: _taken(broker, kind))
    watching.cancel()
    await bus.close()


async def test_a_queue_declared_otherwise_before_is_a_clear_error(rabbit_bus: Bus) -> None:
    kind = new_type()
    queue = await rabbit_bus.queue(kind)
    with pytest.raises(BrokerAway, match=r"PRECONDITION_FAILED.*x-max-length"):
        await declare(rabbit_bus, Topology({queue: (kind,)}, max_messages=5))


async def test_publishing_without_a_topology_confirms_nothing(node: Node) -> None:
    bus = node.bus("all")
    with pytest.raises(NotConfirmed, match="NOT_FOUND"):
        await bus.broker().bury("fairground.nobody-declared-this", LETTER)
    await bus.close()


async def test_a_service_may_say_its_own_events_and_no_others(node: Node) -> None:
    everybody, bus = node.bus("all"), node.bus("seasonpass")
    await declare(everybody)
    broker = bus.broker()
    await broker.publish([Message("own", "seasonpass.reward_granted.v1", b"[]")])
    await broker.bury(queue_of("seasonpass"), LETTER)
    assert [each.letter for each in await broker.dead_letters(queue_of("seasonpass"))] == [LETTER]
    async with broker.subscribe(queue_of("seasonpass"), prefetch=1):
        pass
    with pytest.raises(NotConfirmed, match="ACCESS_REFUSED"):
        await broker.publish([Message("forged", "games.play_settled.v1", b"[]")])
    with pytest.raises(BrokerAway, match="ACCESS_REFUSED"):
        async with broker.subscribe(queue_of("games"), prefetch=1):
            pass
    with pytest.raises(BrokerAway, match="ACCESS_REFUSED"):
        await declare(bus)
    await bus.close()
