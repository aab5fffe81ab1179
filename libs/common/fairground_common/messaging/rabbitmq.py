"""RabbitMQ behind the port. Publishing and consuming never share a connection: a blocked publisher is not read."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

from fairground_common.contracts.names import EXCHANGE
from fairground_common.messaging.broker import Buried, DeadLetter, Message, QueueState, Subscription
from fairground_common.messaging.rabbitmq_graveyard import RabbitGraveyard, grave
from fairground_common.messaging.rabbitmq_link import Link
from fairground_common.messaging.rabbitmq_publisher import Parcel, RabbitPublisher
from fairground_common.messaging.rabbitmq_subscription import RabbitSubscription
from fairground_common.messaging.watchdog import SILENCE_SECONDS, Watchdog


class RabbitBroker:
    """The broker of the real deployment."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._watchdog = Watchdog()
        self._publisher = RabbitPublisher(url, name=f"{name} publish", watchdog=self._watchdog)
        self._graveyard = RabbitGraveyard(url, name=f"{name} look")

    async def publish(self, messages: Sequence[Message]) -> None:
        await self._publisher.send([Parcel(m.id, EXCHANGE, m.type, m.body) for m in messages])

    async def bury(self, queue: str, letter: DeadLetter) -> None:
        await self._publisher.send([grave(queue, letter)])

    @asynccontextmanager
    async def subscribe(self, queue: str, *, prefetch: int) -> AsyncIterator[Subscription]:
        line = self._watchdog.line(f"consuming {queue}")
        link = Link(self._url, f"{self._name} consume", line.heard)
        try:
            subscription = RabbitSubscription(await link.channel(), queue, line)
            line.over(ask=subscription.ask, cut=link.close)
            await subscription.start(prefetch)
            yield subscription
        finally:
            await link.close()

    async def watch(self, *, silence_seconds: float = SILENCE_SECONDS) -> NoReturn:
        await self._watchdog.watch(silence_seconds)

    async def state(self, queue: str) -> QueueState:
        return await self._graveyard.state(queue)

    async def dead_letters(self, queue: str, *, most: int | None = None) -> Sequence[Buried]:
        return await self._graveyard.letters(queue, most=most)

    def replay(self, queue: str, ids: Collection[str] | None = None) -> AsyncIterator[Buried]:
        return self._graveyard.replay(queue, ids, self._publisher)

    def drop(self, queue: str, ids: Collection[str] | None = None) -> AsyncIterator[Buried]:
        return self._graveyard.drop(queue, ids)

    async def close(self) -> None:
        await self._publisher.close()
