"""The port to the message broker: lists in, lists out.

Promise, kept by every broker and checked by one contract-test suite: a message is durable when ``publish`` returns;
one that nobody listens to is an error, not a loss; it is delivered at least once; what a dead consumer held comes
back within 10 s; no order. A message carries a bundle of events (``bundle.py``); the broker never looks inside.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol

from fairground_common.messaging.watchdog import SILENCE_SECONDS

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
    """What cannot be handled, kept for people: as it was received, why, and how often it was tried."""

    body: bytes
    reason: str
    tries: int = 0
    """Times somebody was given it to handle; 0 when nobody could read it."""


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter where it lies. ``id`` names it within its queue's store."""

    id: str
    queue: str
    letter: DeadLetter
    buried_at: datetime | None
    """None: whoever put it there did not say."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """How much is in a queue, in messages (each a bundle of up to 100 events), and who consumes it."""

    queue: str
    ready: int
    held: int | None
    """Delivered and not settled yet; None: the broker does not tell."""
    dead: int
    consumers: int


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


class Publisher(Protocol):
    """What a relay needs of a broker."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is durable in every queue that listens to it. Raises NotConfirmed."""
        ...


class Broker(Publisher, Protocol):
    """A message broker. Connects when first used; survives the loss of every connection."""

    async def bury(self, queue: str, letter: DeadLetter) -> None:
        """Return when the letter is durable in the queue's dead-letter store. Raises NotConfirmed."""
        ...

    def subscribe(self, queue: str, *, prefetch: int) -> AbstractAsyncContextManager[Subscription]:
        """Consume a queue, holding at most ``prefetch`` unsettled messages. Raises BrokerAway."""
        ...

    async def watch(self, *, silence_seconds: float = SILENCE_SECONDS) -> NoReturn:
        """Ask whichever connection has been silent for so long, and cut it when it does not answer, for ever.

        Raises BrokerSilent when connections made anew stay silent as well (``watchdog.py``).
        """
        ...

    async def state(self, queue: str) -> QueueState:
        """Count a queue's messages, dead letters and consumers. Raises BrokerAway, also for an unknown queue."""
        ...

    async def dead_letters(self, queue: str, *, most: int | None = None) -> Sequence[Buried]:
        """Look at a queue's dead letters, all or some, without taking them away. Oldest first. Raises BrokerAway."""
        ...

    def replay(self, queue: str, ids: Collection[str] | None = None) -> AsyncIterator[Buried]:
        """Put dead letters back into the queue they came from: those named, or all that lie there now.

        Yields each that has been moved. It is durable in the queue before it leaves the store: a crash in between
        leaves it in both, and none is lost. An id that is not there is passed over. Raises BrokerAway, NotConfirmed.
        """
        ...

    def drop(self, queue: str, ids: Collection[str] | None = None) -> AsyncIterator[Buried]:
        """Take dead letters away for good: those named, or all that lie there now. Yields each. Raises BrokerAway."""
        ...

    async def close(self) -> None:
        """Close every connection; bounded, never raises for a broken one."""
        ...
