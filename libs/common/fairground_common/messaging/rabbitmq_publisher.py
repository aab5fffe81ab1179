"""Publishing to RabbitMQ: mandatory, persistent, and done when the broker has confirmed it or said why not."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aio_pika import DeliveryMode
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError, PublishError
from pamqp.commands import Basic

from fairground_common.contracts.names import EXCHANGE
from fairground_common.ids import new_id
from fairground_common.messaging.broker import PUBLISH_SECONDS, BrokerAway, NotConfirmed
from fairground_common.messaging.rabbitmq_link import Link, broker_trouble
from fairground_common.messaging.watchdog import Line, Watchdog


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message and where it goes. ``exchange`` "" is the default one: its routing keys are names of queues."""

    id: str
    exchange: str
    routing_key: str
    body: bytes
    headers: Mapping[str, str | int] = field(default_factory=dict)


class RabbitPublisher:
    """One connection that only publishes; it is made when first needed, and anew after any doubt."""

    def __init__(self, url: str, *, name: str, watchdog: Watchdog) -> None:
        self._link = Link(url, name, self._heard)
        self._watchdog = watchdog

    @property
    def _line(self) -> Line:
        """Watched from the first message on: most processes never publish."""
        return self._watchdog.line("publishing")

    async def send(self, parcels: Sequence[Parcel]) -> None:
        """Return when every parcel is confirmed, within 5 s. Raises NotConfirmed."""
        self._line.over(ask=self._ask, cut=self._link.close)
        open_reasons = {parcel.id: f"no confirm within {PUBLISH_SECONDS:g} s" for parcel in parcels}
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._confirm_all(parcels, open_reasons)
        except BrokerAway as away:
            open_reasons = dict.fromkeys(open_reasons, str(away))
        except TimeoutError:
            self._link.spoil()
        except asyncio.CancelledError:
            self._link.spoil()
            raise
        if open_reasons:
            raise NotConfirmed(open_reasons)

    async def close(self) -> None:
        await self._link.close()

    def _heard(self) -> None:
        self._line.heard()

    async def _ask(self) -> None:
        channel = await self._link.channel()
        with broker_trouble():
            await channel.get_exchange(EXCHANGE)  # declares it passively

    async def _confirm_all(self, parcels: Sequence[Parcel], open_reasons: dict[str, str]) -> None:
        channel = await self._link.channel()
        confirms = (_confirm(channel, parcel, open_reasons) for parcel in parcels)
        answers = await asyncio.gather(*confirms, return_exceptions=True)
        for parcel, answer in zip(parcels, answers, strict=True):
            if isinstance(answer, BaseException):
                self._link.spoil()
                open_reasons[parcel.id] = f"{type(answer).__name__}: {answer}"
            else:
                self._heard()


async def _confirm(channel: AbstractChannel, parcel: Parcel, open_reasons: dict[str, str]) -> None:
    """Publish one message and strike it off when the broker has it. Raises when the channel broke."""
    message = AmqpMessage(
        parcel.body,
        headers=dict(parcel.headers),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=new_id().hex,  # returns are matched by it: never the same twice, not even for a repeat
        timestamp=datetime.now(UTC),
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
