"""Declaring on RabbitMQ what listens to what: done by one command, before any service starts."""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel

from fairground_common.contracts.names import EXCHANGE, dead_of
from fairground_common.messaging.rabbitmq_link import REPLY_SECONDS, Link, broker_trouble
from fairground_common.messaging.topology import Topology


async def declare(url: str, topology: Topology) -> None:
    """Declare exchanges, queues and bindings; again changes nothing. Raises BrokerAway, also on a mismatch."""
    link = Link(url, "fairground topology")
    try:
        channel = await link.channel()
        with broker_trouble():
            await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True, timeout=REPLY_SECONDS)
            for queue in topology.types_by_queue:
                await _declare_queue(channel, queue, topology)
    finally:
        await link.close()


async def _declare_queue(channel: AbstractChannel, queue: str, topology: Topology) -> None:
    dead = dead_of(queue)
    await channel.declare_exchange(dead, ExchangeType.FANOUT, durable=True, timeout=REPLY_SECONDS)
    graveyard = await channel.declare_queue(
        dead, durable=True, arguments=topology.graveyard_arguments(), timeout=REPLY_SECONDS
    )
    await graveyard.bind(dead, timeout=REPLY_SECONDS)
    living = await channel.declare_queue(
        queue, durable=True, arguments=topology.queue_arguments(queue), timeout=REPLY_SECONDS
    )
    for kind in topology.types_by_queue[queue]:
        await living.bind(EXCHANGE, kind, timeout=REPLY_SECONDS)
