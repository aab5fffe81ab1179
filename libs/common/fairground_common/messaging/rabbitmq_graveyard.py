"""What operators do with RabbitMQ, over nothing but AMQP: it works without the management plugin.

AMQP has no looking: a letter is taken out unsettled and let go of again. So each look

- takes the letters one after the other and returns them all at its end (or by losing its connection); what a second
  person looks for meanwhile is not there, and more than 32 come back in any order, so they are sorted to be shown;
- counts as a delivery of every letter. The dead-letter queue's delivery limit is a million
  (``Topology.graveyard_arguments``), or the twentieth look would throw letters away on RabbitMQ 4;
- goes over as many letters as there are when it begins: what a consumer buries again meanwhile is not of this round.
"""

import asyncio
import datetime
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from pamqp.commands import Queue

from fairground_common.contracts.names import dead_of
from fairground_common.messaging.broker import Buried, DeadLetter, NotConfirmed, QueueState
from fairground_common.messaging.rabbitmq_link import REPLY_SECONDS, Link, broker_trouble
from fairground_common.messaging.rabbitmq_publisher import Parcel, RabbitPublisher
from fairground_common.messaging.topology import DELIVERY_LIMIT, WORN_OUT

REASON, TRIES, QUEUE = "fairground-reason", "fairground-tries", "fairground-queue"
"""Headers of a dead letter."""

MOST_REASON = 500
"""Characters of a reason that go into a header."""

REPLAYED_AT_ONCE = 20
"""Letters published together: a confirm costs a write to disk, however many it is for."""

ALL_TAGS = 0
"""With ``multiple``: whatever the channel holds."""
RETURN_SECONDS, RETURN_LOOKS = 1.0, 50
"""How long letters may take to be there again, and how often it is looked at."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A letter, and the unsettled message it was read from."""

    letter: Buried
    message: AbstractIncomingMessage


def grave(queue: str, letter: DeadLetter) -> Parcel:
    """Return a dead letter as it is published."""
    headers: dict[str, str | int] = {REASON: letter.reason[:MOST_REASON], TRIES: letter.tries, QUEUE: queue}
    return Parcel("dead letter", dead_of(queue), "", letter.body, headers)


class RabbitGraveyard:
    """Looks into queues over connections of its own, one a look."""

    def __init__(self, url: str, *, name: str) -> None:
        self._url = url
        self._name = name

    async def state(self, queue: str) -> QueueState:
        """Count by declaring passively. Raises BrokerAway."""
        async with self._channel() as channel:
            living, dead = await _declared(channel, queue), await _declared(channel, dead_of(queue))
        return QueueState(
            queue=queue,
            ready=living.message_count or 0,
            held=None,
            dead=dead.message_count or 0,
            consumers=living.consumer_count or 0,
        )

    async def letters(self, queue: str, *, most: int | None) -> Sequence[Buried]:
        """Return what lies there, oldest first. Raises BrokerAway."""
        async with self._look(queue) as look:
            return sorted([found.letter async for found in look.letters(most)], key=_age)

    async def replay(
        self, queue: str, ids: Collection[str] | None, publisher: RabbitPublisher
    ) -> AsyncIterator[Buried]:
        """Publish letters to their queue; each is confirmed before it is settled. Raises BrokerAway, NotConfirmed."""
        async with self._look(queue) as look:
            async for batch in _batches(_wanted(look.letters(), ids)):
                refusal = await _refusal_of(publisher, queue, batch)
                for number, found in enumerate(batch):
                    if str(number) not in refusal.reasons:
                        await look.settle(found)
                        yield found.letter
                if refusal.reasons:
                    raise refusal

    async def drop(self, queue: str, ids: Collection[str] | None) -> AsyncIterator[Buried]:
        """Settle letters without publishing them anywhere. Raises BrokerAway."""
        async with self._look(queue) as look:
            async for found in _wanted(look.letters(), ids):
                await look.settle(found)
                yield found.letter

    @asynccontextmanager
    async def _look(self, queue: str) -> AsyncIterator["_Look"]:
        async with self._channel() as channel:
            look = _Look(channel, queue)
            yield look
            await look.end()

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        link = Link(self._url, self._name)
        try:
            yield await link.channel()
        finally:
            await link.close()  # what was not settled goes back


class _Look:
    """Letters taken one by one, to be settled or let go of."""

    def __init__(self, channel: AbstractChannel, queue: str) -> None:
        self._channel = channel
        self._queue = queue
        self._held = 0

    async def letters(self, most: int | None = None) -> AsyncIterator[_Found]:
        """Take letters as they come, as many as there are now or fewer."""
        for _ in range(await self._count())[:most]:
            with broker_trouble():
                graveyard = await self._channel.get_queue(dead_of(self._queue), ensure=False)
                message = await graveyard.get(fail=False, timeout=REPLY_SECONDS)
            if message is None:
                return
            self._held += 1
            yield _Found(_buried(self._queue, message), message)

    async def settle(self, found: _Found) -> None:
        """Take a letter away for good."""
        with broker_trouble():
            await found.message.ack()
        self._held -= 1

    async def end(self) -> None:
        """Let go of what is held, and see to it that whoever looks next finds it."""
        if not self._held:
            return
        complete = await self._count() + self._held
        with broker_trouble():
            wire = await self._channel.get_underlay_channel()
            await wire.basic_nack(ALL_TAGS, multiple=True, requeue=True)
        for _ in range(RETURN_LOOKS):
            if await self._count() >= complete:
                return
            await asyncio.sleep(RETURN_SECONDS / RETURN_LOOKS)

    async def _count(self) -> int:
        return (await _declared(self._channel, dead_of(self._queue))).message_count or 0


async def _declared(channel: AbstractChannel, queue: str) -> Queue.DeclareOk:
    with broker_trouble():
        declared = await channel.declare_queue(queue, passive=True, timeout=REPLY_SECONDS)
    return declared.declaration_result


async def _wanted(letters: AsyncIterator[_Found], ids: Collection[str] | None) -> AsyncIterator[_Found]:
    """Pick those that are named, and look no further when all have been found."""
    missing = None if ids is None else set(ids)
    async for found in letters:
        if missing is None or found.letter.id in missing:
            yield found
        if missing is not None:
            missing.discard(found.letter.id)
            if not missing:
                return


async def _batches(letters: AsyncIterator[_Found]) -> AsyncIterator[list[_Found]]:
    batch: list[_Found] = []
    async for found in letters:
        batch.append(found)
        if len(batch) == REPLAYED_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _refusal_of(publisher: RabbitPublisher, queue: str, batch: Sequence[_Found]) -> NotConfirmed:
    """Publish letters to the queue they came from, and return which of them, by number, were not confirmed."""
    try:
        await publisher.send([Parcel(str(n), "", queue, found.letter.letter.body) for n, found in enumerate(batch)])
    except NotConfirmed as refusal:
        return refusal
    return NotConfirmed({})


def _buried(queue: str, found: AbstractIncomingMessage) -> Buried:
    headers: Mapping[str, Any] = found.headers
    name = found.message_id or sha256(found.body).hexdigest()[:32]  # put there by somebody else's hand
    if REASON in headers:
        letter = DeadLetter(found.body, str(headers[REASON]), int(headers.get(TRIES, 0)))
        return Buried(name, queue, letter, found.timestamp)
    return Buried(name, queue, _buried_by_rabbitmq(found.body, headers), _died_at(headers))


def _buried_by_rabbitmq(body: bytes, headers: Mapping[str, Any]) -> DeadLetter:
    """RabbitMQ moves what came back too often; the count it shows is the dead-letter queue's own."""
    why = headers.get("x-first-death-reason", "unknown")
    return (
        DeadLetter(body, WORN_OUT, DELIVERY_LIMIT) if why == "delivery_limit" else DeadLetter(body, f"RabbitMQ: {why}")
    )


def _age(letter: Buried) -> tuple[datetime.datetime, str]:
    return letter.buried_at or datetime.datetime.min.replace(tzinfo=datetime.UTC), letter.id


def _died_at(headers: Mapping[str, Any]) -> datetime.datetime | None:
    deaths = headers.get("x-death")
    at = deaths[0].get("time") if deaths else None
    return at if isinstance(at, datetime.datetime) else None
