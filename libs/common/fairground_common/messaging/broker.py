"""The port to the message broker: lists in, lists out.

Promise, kept by every broker and checked by one contract-test suite: a message is durable when ``publish`` returns;
one that nobody listens to is an error, not a loss; it is delivered at least once; what a dead consumer held comes
back within 10 s; no order. A message carries a bundle of events (``bundle.py``); the broker never looks inside.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

PUBLISH_SECONDS = 5.0
"""Bound of one publish, whatever the network does. Afterwards the outcome is unknown and counts as not confirmed."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to publish. ``id`` names it within one ``publish``; ``type`` decides which queues get it."""

    id: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received message. ``tag`` settles it, within the subscription it came from."""

    tag: int
    body: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What cannot be handled, kept for people: as it was received, and why."""

    body: bytes
    reason: str


class NotConfirmed(Exception):
    """Some messages are not known to be durable: ``reasons`` names each by its id. All others are confirmed."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__("; ".join(sorted(set(self.reasons.values()))))


class BrokerAway(Exception):
    """The subscription is gone: connection lost, queue missing, broker down. Subscribe again, after a pause."""


class Subscription(Protocol):
    """One consumer's hold on a queue. What it does not settle goes back to the queue when it ends."""

    async def receive(self) -> Sequence[Delivery]:
        """Wait for messages and return all that are there, at least one. Raises BrokerAway."""
        ...

    async def ack(self, tags: Sequence[int]) -> None:
        """Settle messages for good: their effect is committed, or they are buried. Raises BrokerAway."""
        ...


class Broker(Protocol):
    """A message broker. Connects when first used; survives the loss of every connection."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is durable in every queue that listens to it. Raises NotConfirmed."""
        ...

    async def bury(self, queue: str, letter: DeadLetter) -> None:
        """Return when the letter is durable in the queue's dead-letter store. Raises NotConfirmed."""
        ...

    def subscribe(self, queue: str, *, prefetch: int) -> AbstractAsyncContextManager[Subscription]:
        """Consume a queue, holding at most ``prefetch`` unsettled messages. Raises BrokerAway."""
        ...

    async def dead_letters(self, queue: str, *, most: int = 100) -> Sequence[DeadLetter]:
        """Look at a queue's dead letters, oldest first, without taking them away. Raises BrokerAway."""
        ...

    async def close(self) -> None:
        """Close every connection; bounded, never raises for a broken one."""
        ...
