"""One subscription's life: unpack, apply, settle.

A message is acked when each of its events is settled: its effect committed by the handler, or the event buried.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import structlog

from fairground_common.clock import Clock
from fairground_common.context import Origin, enter_batch, enter_request
from fairground_common.contracts import Envelope, Event
from fairground_common.failpoints import failpoint
from fairground_common.messaging import bundle, metrics
from fairground_common.messaging.backoff import Backoff
from fairground_common.messaging.broker import Broker, DeadLetter, Delivery, NotConfirmed, Subscription
from fairground_common.messaging.trouble import is_trouble
from fairground_common.telemetry import traces

Handler = Callable[[Sequence[Envelope]], Awaitable[None]]
"""Applies events of one type, all or none: when it returns, every effect is committed; when it raises, none is.

It may see an event again (and must then do nothing new), in any order, alone or among others.
"""

log = structlog.get_logger()


@dataclass(slots=True)
class ConsumerState:
    """What metrics and readiness read. Counts are of events, except ``acked``, since the start."""

    applied: int = 0
    """Events whose effect was committed, by this consumer."""
    refusals: int = 0
    """Times a handler said no to an event that stood alone."""
    buried: int = 0
    acked: int = 0
    """Messages settled."""
    trouble: str | None = "not subscribed yet"
    """What keeps events waiting; None while all is well."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the events of a queue."""

    queue: str
    handlers: Mapping[type[Event], Handler]
    batch_events: int
    retry_pauses: Sequence[float]
    """Seconds before each further try of a refused event."""
    clock: Clock
    """Says how old an event is, on the time it was made by."""


@dataclass(slots=True, eq=False)
class _Parcel:
    """A delivery on its way to being settled."""

    delivery: Delivery
    open_events: int


@dataclass(frozen=True, slots=True)
class _Item:
    """One event and its place in the parcel it came in."""

    envelope: Envelope
    parcel: _Parcel
    index: int

    def letter(self, reason: str, *, tries: int = 0) -> DeadLetter:
        return DeadLetter(bundle.alone(self.parcel.delivery.body, self.index), reason, tries)


class Session:
    """Applies what a subscription brings. Work that would hold up others (retries, burials) runs in ``aside``."""

    def __init__(
        self, plan: Plan, broker: Broker, subscription: Subscription, aside: asyncio.TaskGroup, state: ConsumerState
    ) -> None:
        self._plan = plan
        self._broker = broker
        self._subscription = subscription
        self._aside = aside
        self._state = state
        self._turn = asyncio.Lock()
        """One call of a handler, hence one transaction, at a time."""

    async def take(self, deliveries: Sequence[Delivery]) -> None:
        """Apply messages; returns when each event is settled or handed to ``aside``."""
        for items in self._batches(deliveries):
            by_type = sorted(items, key=lambda item: item.envelope.type)
            for _, of_type in groupby(by_type, key=lambda item: item.envelope.type):
                await self._apply(list(of_type))

    def _batches(self, deliveries: Sequence[Delivery]) -> Iterator[list[_Item]]:
        items: list[_Item] = []
        most = self._plan.batch_events
        for delivery in deliveries:
            items += self._unpack(delivery)
            while len(items) >= most:
                yield items[:most]
                items = items[most:]
        if items:
            yield items

    def _unpack(self, delivery: Delivery) -> Iterator[_Item]:
        elements = bundle.decode(delivery.body)
        parcel = _Parcel(delivery, len(elements))
        if not elements:
            self._aside.create_task(self._ack([delivery.tag]))
        for index, element in enumerate(elements):
            if isinstance(element, bundle.Unreadable):
                self._aside.create_task(self._bury(parcel, DeadLetter(element.body, f"unreadable: {element.reason}")))
                continue
            item = _Item(element, parcel, index)
            if type(element.data) in self._plan.handlers:
                yield item
            else:
                letter = item.letter(f"unreadable: nobody here listens to {element.type}")
                self._aside.create_task(self._bury(parcel, letter))

    async def _apply(self, items: list[_Item]) -> None:
        """Apply in one call; if it is refused, in halves, down to the events that are to blame."""
        refusal = await self._call_handler(items)
        if refusal is None:
            failpoint("consumer.after_effect")
            await self._settle([item.parcel for item in items])
        elif len(items) == 1:
            self._aside.create_task(self._insist(items[0], refusal))
        else:
            middle = len(items) // 2
            await self._apply(items[:middle])
            await self._apply(items[middle:])

    async def _insist(self, item: _Item, refusal: Exception) -> None:
        """Try a refused event again, alone, and bury it when it stays refused."""
        for pause in self._plan.retry_pauses:
            await asyncio.sleep(pause)
            answer = await self._call_handler([item])
            if answer is None:
                await self._settle([item.parcel])
                return
            refusal = answer
        tries = 1 + len(self._plan.retry_pauses)
        said = str(refusal).partition("\n")[0]  # a database's whole statement stands in the log, not in a letter
        reason = f"refused {tries} times: {type(refusal).__name__}: {said}"
        await self._bury(item.parcel, item.letter(reason, tries=tries))

    async def _call_handler(self, items: Sequence[_Item]) -> Exception | None:
        """Wait out all trouble; return None when the effect is committed, or the handler's refusal.

        That is one try, and one span in the trace of each event, however often trouble had it begin anew.
        """
        handler = self._plan.handlers[type(items[0].envelope.data)]
        spans = traces.begin_each((item.envelope.traceparent for item in items), traces.CONSUMER)
        backoff = Backoff()
        while True:
            try:
                async with self._turn:
                    _name_the_work(items)
                    await handler([item.envelope for item in items])
            except Exception as error:  # noqa: BLE001 - classified in trouble.py; neither kind may end the consumer
                if not is_trouble(error):
                    self._note_refusal(items, error)
                    if len(items) == 1:  # of a batch nobody knows yet whom the refusal is about
                        _end(spans, items, failed=True)
                    return error
                self._note_trouble(f"{type(error).__name__}: {error}")
            else:
                self._state.trouble = None
                self._note_applied(items)
                self._tell_of(items)
                _end(spans, items)
                return None
            await backoff.pause()

    async def _bury(self, parcel: _Parcel, letter: DeadLetter) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._broker.bury(self._plan.queue, letter)
                break
            except NotConfirmed as error:
                self._note_trouble(f"dead letter not taken: {error}")
            await backoff.pause()
        self._state.trouble = None
        self._state.buried += 1
        metrics.BURIED.add()
        log.error("event_buried", queue=self._plan.queue, reason=letter.reason)
        await self._settle([parcel])

    async def _settle(self, parcels: Sequence[_Parcel]) -> None:
        """Count one event of each named parcel as settled; ack the messages that are done."""
        done = []
        for parcel in parcels:
            parcel.open_events -= 1
            if parcel.open_events == 0:
                done.append(parcel.delivery.tag)
        await self._ack(done)

    async def _ack(self, tags: Sequence[int]) -> None:
        if tags:
            await self._subscription.ack(tags)
            self._state.acked += len(tags)

    def _note_applied(self, items: Sequence[_Item]) -> None:
        self._state.applied += len(items)
        metrics.BATCHES.observe(len(items))
        now = self._plan.clock.now()
        for item in items:
            age = (now - item.envelope.occurred_at).total_seconds()
            metrics.APPLIED.observe(age, item.envelope.type)

    def _tell_of(self, items: Sequence[_Item]) -> None:
        """A line for each event, for who follows one request through everything. There are too many of them to be
        written as a rule.
        """
        if not log.is_enabled_for(logging.DEBUG):
            return
        for event in (item.envelope for item in items):
            origin = Origin(event.request_id, event.traceparent)
            log.debug(
                "event_applied",
                queue=self._plan.queue,
                type=event.type,
                event_id=str(event.event_id),
                request_id=origin.request_id,
                trace_id=origin.trace_id,
            )

    def _note_refusal(self, items: Sequence[_Item], error: Exception) -> None:
        self._state.trouble = None
        if len(items) == 1:
            self._state.refusals += 1
            metrics.REFUSALS.add()
            event_id = str(items[0].envelope.event_id)
            log.warning("event_refused", queue=self._plan.queue, event_id=event_id, exc_info=error)

    def _note_trouble(self, what: str) -> None:
        self._state.trouble = what
        log.warning("consumer_waits", queue=self._plan.queue, trouble=what)


def _end(spans: Sequence[traces.Span], items: Sequence[_Item], *, failed: bool = False) -> None:
    for span in spans:
        span.end(f"apply {items[0].envelope.type}", failed=failed)


def _name_the_work(items: Sequence[_Item]) -> None:
    """Go on with the request of an event that stands alone; a batch belongs to many."""
    if len(items) == 1:
        enter_request(items[0].envelope.request_id, items[0].envelope.traceparent)
    else:
        events = (item.envelope for item in items)
        enter_batch({each.key: Origin(each.request_id, each.traceparent) for each in events if each.key is not None})
