"""Who hears what, computed from the contracts: the one description both brokers are declared from.

One topic exchange; for each listening service one durable queue bound to the types it listens to, and one place for
its dead letters. Declared by one idempotent command before the services start; services only check that it is there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairground_common.contracts import CONTRACTS, Event
from fairground_common.contracts.names import EXCHANGE, dead_of, queue_of

DELIVERY_LIMIT = 100
"""A backstop only: before RabbitMQ 4.3 every death of a consumer counts for all it held."""

WORN_OUT = "delivered too often without being settled"
"""Why a message that met the backstop is dead."""

MAX_MESSAGES = 1_000_000
"""A queue nobody empties refuses the next message: it then waits in the outbox, where it is safe and visible."""


@dataclass(frozen=True, slots=True)
class Topology:
    """The types each queue listens to."""

    types_by_queue: Mapping[str, tuple[str, ...]]
    max_messages: int = MAX_MESSAGES

    @classmethod
    def of(cls, contracts: Iterable[type[Event]]) -> "Topology":
        types: dict[str, tuple[str, ...]] = {}
        for contract in contracts:
            for listener in contract.listeners:
                queue = queue_of(listener)
                types[queue] = (*types.get(queue, ()), contract.type)
        return cls(types)

    def bindings(self) -> list[tuple[str, str]]:
        """Return every (type, queue), in a stable order."""
        return sorted((kind, queue) for queue, kinds in self.types_by_queue.items() for kind in kinds)

    def queue_arguments(self, queue: str) -> dict[str, Any]:
        """Return RabbitMQ's arguments of a service's queue. Changing one means a new queue: they are fixed for life.

        At-least-once dead-lettering needs reject-publish; a refused publish is an error the relay repeats.
        """
        return {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": dead_of(queue),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length": self.max_messages,
        }

    def graveyard_arguments(self) -> dict[str, Any]:
        """Return RabbitMQ's arguments of a dead-letter queue: looking at it may not wear it out (4.x: 20 times)."""
        return {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}

    def rights(self, service: str, contracts: Iterable[type[Event]] = CONTRACTS) -> "Rights":
        """Return what a service's broker user may do: say its own events, hear its own queue, declare nothing."""
        mine = re.escape(queue_of(service))
        said = "|".join(re.escape(contract.type) for contract in contracts if contract.source == service)
        return Rights(
            write=f"^({re.escape(EXCHANGE)}|{mine}\\.dead)$", read=f"^{mine}(\\.dead)?$", topics=f"^({said})$"
        )


@dataclass(frozen=True, slots=True)
class Rights:
    """Regular expressions as RabbitMQ takes them; ``topics`` limits what may be published to the exchange."""

    write: str
    read: str
    topics: str
    configure: str = "^$"


TOPOLOGY = Topology.of(CONTRACTS)
"""Fairground's own."""
