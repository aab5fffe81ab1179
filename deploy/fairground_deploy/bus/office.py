"""What the commands do, over whichever broker: queues are those of the product's topology."""

from collections.abc import AsyncIterator, Collection, Sequence

from fairground_common.messaging import TOPOLOGY, Broker, Buried, QueueState, queue_of

QUEUES = tuple(sorted(TOPOLOGY.types_by_queue))
"""Every queue of the product, by name."""


class UnknownQueue(Exception):
    """There is no such queue; the text names those there are."""


def queues_named(name: str | None) -> Sequence[str]:
    """Return the queue of a service, by either's name, or all queues. Raises UnknownQueue."""
    if name is None:
        return QUEUES
    for queue in QUEUES:
        if name == queue or queue_of(name) == queue:
            return [queue]
    raise UnknownQueue(f"there is no queue {name!r}; there are {', '.join(QUEUES)}")


async def states(broker: Broker) -> list[QueueState]:
    """Count what is in each queue. Raises BrokerAway."""
    return [await broker.state(queue) for queue in QUEUES]


async def letters(broker: Broker, queues: Sequence[str], *, most: int | None = None) -> list[Buried]:
    """Return dead letters, at most so many of each queue. Raises BrokerAway."""
    return [letter for queue in queues for letter in await broker.dead_letters(queue, most=most)]


async def replay(broker: Broker, queues: Sequence[str], ids: Collection[str] | None) -> AsyncIterator[Buried]:
    """Put letters back, those named or all, and yield each that has been. Raises BrokerAway, NotConfirmed."""
    for queue in queues:
        async for letter in broker.replay(queue, ids):
            yield letter


async def drop(broker: Broker, queues: Sequence[str], ids: Collection[str] | None) -> AsyncIterator[Buried]:
    """Take letters away for good, those named or all, and yield each. Raises BrokerAway."""
    for queue in queues:
        async for letter in broker.drop(queue, ids):
            yield letter
