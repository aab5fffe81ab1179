"""RabbitMQ behind the port: confirms and mandatory for publishing, manual settlement for consuming."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aio_pika import DeliveryMode, ExchangeType
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq.abc import AbstractChannel as WireChannel
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from fairground_common.ids import new_id
from fairground_common.messaging.broker import (
    PUBLISH_SECONDS,
    BrokerAway,
    DeadLetter,
    Delivery,
    Message,
    NotConfirmed,
    Subscription,
)
from fairground_common.messaging.rabbitmq_link import REPLY_SECONDS, Link, broker_trouble
from fairground_common.messaging.topology import EXCHANGE, Topology, dead_of

WATCHDOG_SECONDS = 60.0
"""After this long without a delivery the queue is asked whether it is still there."""

MOST_REASON = 500
"""Characters of a reason that go into a header."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    id: str
    exchange: str
    routing_key: str
    body: bytes
    headers: Mapping[str, str]


class RabbitBroker:
    """The broker of the real deployment."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name
        self._publishing = Link(url, f"{name} publish")

    async def publish(self, messages: Sequence[Message]) -> None:
        await self._send([_Parcel(m.id, EXCHANGE, m.type, m.body, {}) for m in messages])

    async def bury(self, queue: str, letter: DeadLetter) -> None:
        headers = {"fairground-reason": letter.reason[:MOST_REASON], "fairground-queue": queue}
        await self._send([_Parcel("dead letter", dead_of(queue), "", letter.body, headers)])

    @asynccontextmanager
    async def subscribe(self, queue: str, *, prefetch: int) -> AsyncIterator[Subscription]:
        link = Link(self._url, f"{self._name} consume")
        try:
            subscription = RabbitSubscription(await link.channel(), queue)
            await subscription.start(prefetch)
            yield subscription
        finally:
            await link.close()

    async def dead_letters(self, queue: str, *, most: int = 100) -> Sequence[DeadLetter]:
        link = Link(self._url, f"{self._name} dead letters")
        letters: list[DeadLetter] = []
        try:
            channel = await link.channel()
            with broker_trouble():
                graveyard = await channel.get_queue(dead_of(queue))
                while len(letters) < most and (found := await graveyard.get(fail=False, timeout=REPLY_SECONDS)):
                    letters.append(DeadLetter(found.body, _reason_of(found)))
        finally:
            await link.close()  # nothing was acked: all of it goes back
        return letters

    async def close(self) -> None:
        await self._publishing.close()

    async def _send(self, parcels: Sequence[_Parcel]) -> None:
        open_reasons = {parcel.id: f"no confirm within {PUBLISH_SECONDS:g} s" for parcel in parcels}
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._confirm_all(parcels, open_reasons)
        except BrokerAway as away:
            open_reasons = dict.fromkeys(open_reasons, str(away))
        except TimeoutError:
            self._publishing.spoil()
        except asyncio.CancelledError:
            self._publishing.spoil()
            raise
        if open_reasons:
            raise NotConfirmed(open_reasons)

    async def _confirm_all(self, parcels: Sequence[_Parcel], open_reasons: dict[str, str]) -> None:
        channel = await self._publishing.channel()
        confirms = (_confirm(channel, parcel, open_reasons) for parcel in parcels)
        answers = await asyncio.gather(*confirms, return_exceptions=True)
        for parcel, answer in zip(parcels, answers, strict=True):
            if isinstance(answer, BaseException):
                self._publishing.spoil()
                open_reasons[parcel.id] = f"{type(answer).__name__}: {answer}"


async def _confirm(channel: AbstractChannel, parcel: _Parcel, open_reasons: dict[str, str]) -> None:
    """Publish one message and strike it off when the broker has it. Raises when the channel broke."""
    message = AmqpMessage(
        parcel.body,
        headers=dict(parcel.headers),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=new_id().hex,  # returns are matched by it: never the same twice, not even for a repeat
    )
    exchange = await channel.get_exchange(parcel.exchange, ensure=False)
    try:
        answer = await exchange.publish(message, parcel.routing_key, mandatory=True)
    except PublishError:
        open_reasons[parcel.id] = f"unroutable: no queue listens to {parcel.routing_key or parcel.exchange}"
    except DeliveryError:
        open_reasons[parcel.id] = "refused: a queue that listens is full"
    else:
        if isinstance(answer, Basic.Ack):
            del open_reasons[parcel.id]


def _reason_of(letter: AbstractIncomingMessage) -> str:
    """Return why a letter is dead: our own words, or RabbitMQ's when its delivery limit put it there."""
    return str(letter.headers.get("fairground-reason") or letter.headers.get("x-first-death-reason") or "unknown")


class RabbitSubscription:
    """Deliveries of one channel, buffered up to prefetch. Callbacks only buffer: the library cancels them at will."""

    def __init__(self, channel: AbstractChannel, queue: str) -> None:
        self._channel = channel
        self._queue = queue
        self._inbox: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._unsettled: set[int] = set()
        self._received = 0
        self._highest_tag = 0

    async def start(self, prefetch: int) -> None:
        """Begin to consume; the queue must have been declared. Raises BrokerAway."""
        with broker_trouble():
            self._wire: WireChannel = await self._channel.get_underlay_channel()
            await self._check_queue()
            await self._wire.basic_qos(prefetch_count=prefetch, timeout=REPLY_SECONDS)
            self._wire.on_consumer_cancel_callbacks.add(self._on_end)
            self._channel.close_callbacks.add(self._on_end)
            await self._wire.basic_consume(self._queue, self._on_delivery, timeout=REPLY_SECONDS)

    async def receive(self) -> Sequence[Delivery]:
        deliveries: list[Delivery] = []
        while not deliveries or not self._inbox.empty():
            delivery = await self._next()
            if delivery is None:
                raise BrokerAway(f"consuming {self._queue} was ended by the broker")
            deliveries.append(delivery)
        return deliveries

    async def ack(self, tags: Sequence[int]) -> None:
        if not tags:
            return
        self._unsettled.difference_update(tags)
        multiple = self._none_open_up_to(max(tags))
        with broker_trouble():
            async with asyncio.timeout(REPLY_SECONDS):
                for tag in [] if multiple else tags[:-1]:
                    await self._wire.basic_ack(tag, wait=False)
                # Waiting for the socket once: closing right afterwards would drop what is only buffered.
                await self._wire.basic_ack(max(tags) if multiple else tags[-1], multiple=multiple)

    def _none_open_up_to(self, tag: int) -> bool:
        # Tags count from 1: only when none is missing can a lower one not be on its way to the inbox.
        none_missing = self._received == self._highest_tag
        return none_missing and tag < min(self._unsettled, default=tag + 1)

    async def _next(self) -> Delivery | None:
        while True:
            try:
                async with asyncio.timeout(WATCHDOG_SECONDS):
                    return await self._inbox.get()
            except TimeoutError:
                with broker_trouble():
                    await self._check_queue()

    async def _check_queue(self) -> None:
        await self._wire.queue_declare(self._queue, passive=True, timeout=REPLY_SECONDS)

    async def _on_delivery(self, message: DeliveredMessage) -> None:  # the library starts a task for each anyway
        tag = message.delivery_tag or 0
        self._received += 1
        self._highest_tag = max(self._highest_tag, tag)
        self._unsettled.add(tag)
        self._inbox.put_nowait(Delivery(tag, message.body))

    def _on_end(self, *_: object) -> None:
        self._inbox.put_nowait(None)


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
