"""Consuming from RabbitMQ: deliveries are buffered up to the prefetch, and settled by hand."""

import asyncio
from collections.abc import Sequence

from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as WireChannel
from aiormq.abc import DeliveredMessage

from fairground_common.messaging.broker import BrokerAway, Delivery
from fairground_common.messaging.rabbitmq_link import REPLY_SECONDS, broker_trouble
from fairground_common.messaging.watchdog import Line


class RabbitSubscription:
    """Deliveries of one channel, buffered up to prefetch. Callbacks only buffer: the library cancels them at will."""

    def __init__(self, channel: AbstractChannel, queue: str, line: Line) -> None:
        self._channel = channel
        self._queue = queue
        self._line = line
        self._inbox: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._unsettled: set[int] = set()
        self._received = 0
        self._highest_tag = 0

    async def start(self, prefetch: int) -> None:
        """Begin to consume; the queue must have been declared. Raises BrokerAway."""
        with broker_trouble():
            self._wire: WireChannel = await self._channel.get_underlay_channel()
            await self.ask()
            await self._wire.basic_qos(prefetch_count=prefetch, timeout=REPLY_SECONDS)
            self._wire.on_consumer_cancel_callbacks.add(self._on_end)
            self._channel.close_callbacks.add(self._on_end)
            await self._wire.basic_consume(self._queue, self._on_delivery, timeout=REPLY_SECONDS)

    async def ask(self) -> None:
        """Return when the broker has said, over this very connection, that the queue is there."""
        await self._wire.queue_declare(self._queue, passive=True, timeout=REPLY_SECONDS)

    async def receive(self) -> Sequence[Delivery]:
        deliveries: list[Delivery] = []
        while not deliveries or not self._inbox.empty():
            delivery = await self._inbox.get()
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

    async def _on_delivery(self, message: DeliveredMessage) -> None:  # the library starts a task for each anyway
        tag = message.delivery_tag or 0
        self._line.heard()
        self._received += 1
        self._highest_tag = max(self._highest_tag, tag)
        self._unsettled.add(tag)
        self._inbox.put_nowait(Delivery(tag, message.body))

    def _on_end(self, *_: object) -> None:
        self._inbox.put_nowait(None)
