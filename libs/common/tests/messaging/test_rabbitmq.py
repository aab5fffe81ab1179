"""What only RabbitMQ can do to us: crash, fill up, lose a queue, refuse a user."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from fairground_common.embedded import BrokerUser, RabbitMq, TopicRight, rabbitmq_install
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
from fairground_common.messaging.topology import EXCHANGE
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type

LETTER = DeadLetter(b"[]", "unreadable: because")
SETTLING_SECONDS = 2
"""A quorum queue whose node is killed within its first second has no leader ever after, and nothing shows when
that time is over."""
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


@dataclass
class Node:
    """A node of our own, to be killed."""

    folder: Path
    running: RabbitMq

    async def kill_and_start(self) -> None:
        port = self.running.port
        self.running.child.kill()
        self.running.stop()
        self.running = RabbitMq(self.folder, self.running.installation, users=USERS, port=port)
        await asyncio.to_thread(self.running.start)

    def bus(self, user: str = "all") -> Bus:
        return Bus(amqp_url=SecretStr(self.running.url(user)))


@pytest.fixture(scope="module")
async def node(rabbitmq: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """Ask for `rabbitmq` first: it decides whether there may be none."""
    assert rabbitmq
    folder = tmp_path_factory.mktemp("node")
    installation = rabbitmq_install.find() or rabbitmq_install.fetch(rabbitmq_install.cache_folder())
    node = Node(folder, RabbitMq(folder, installation, users=USERS))
    await asyncio.to_thread(node.running.start)
    yield node
    node.running.stop()


async def test_confirmed_messages_and_both_connections_survive_a_crash_of_the_broker(node: Node) -> None:
    bus, kind = node.bus(), new_type()
    queue, broker = await bus.queue(kind), bus.broker()
    await asyncio.sleep(SETTLING_SECONDS)
    for number in range(20):
        await broker.publish([Message("", kind, b"%d" % number)])
    bodies: set[bytes] = set()
    listening = asyncio.create_task(_note(bus.broker(), queue, bodies))
    await eventually(lambda: len(bodies) == 20)
    bodies.clear()
    await node.kill_and_start()
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
    bus = node.bus()
    queue = await bus.queue(new_type())
    async with bus.broker().subscribe(queue, prefetch=5) as subscription:
        await asyncio.to_thread(node.running.control, "delete_queue", queue)
        with pytest.raises(BrokerAway, match="ended by the broker"):
            await subscription.receive()


async def test_a_queue_declared_otherwise_before_is_a_clear_error(rabbit_bus: Bus) -> None:
    kind = new_type()
    queue = await rabbit_bus.queue(kind)
    with pytest.raises(BrokerAway, match=r"PRECONDITION_FAILED.*x-max-length"):
        await declare(rabbit_bus, Topology({queue: (kind,)}, max_messages=5))


async def test_publishing_without_a_topology_confirms_nothing(node: Node) -> None:
    bus = node.bus()
    with pytest.raises(NotConfirmed, match="NOT_FOUND"):
        await bus.broker().bury("fairground.nobody-declared-this", LETTER)
    await bus.close()


async def test_a_service_may_say_its_own_events_and_no_others(node: Node) -> None:
    everybody, bus = node.bus(), node.bus("seasonpass")
    await declare(everybody)
    broker = bus.broker()
    await broker.publish([Message("own", "seasonpass.reward_granted.v1", b"[]")])
    await broker.bury(queue_of("seasonpass"), LETTER)
    assert await broker.dead_letters(queue_of("seasonpass")) == [LETTER]
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
