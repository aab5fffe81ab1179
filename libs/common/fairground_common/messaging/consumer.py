"""Events in: collected into batches, applied in one call, settled when their effect is committed or they are buried.

Three outcomes (``session.py``): an unreadable event is buried at once; one the handler refuses is tried alone, then
buried; trouble around the handler settles nothing and is waited out, in process, for ever. Cancellation settles
nothing either: what was held comes back, so handlers must not mind seeing an event twice.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from fairground_common.clock import Clock
from fairground_common.contracts import Event
from fairground_common.messaging import metrics
from fairground_common.messaging.backoff import Backoff
from fairground_common.messaging.broker import Broker, BrokerAway
from fairground_common.messaging.cancellation import heed_cancellation
from fairground_common.messaging.session import ConsumerState, Handler, Plan, Session

BATCH_EVENTS = 500
"""Most events in one call of a handler, which is one transaction."""

PREFETCH_MESSAGES = 100
"""Messages held at once. Each carries 1 to 100 events: at least two batches when there is much to do."""

RETRY_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try of a refused event: five tries within 10 s."""

log = structlog.get_logger()


class Consumer:
    """Consumes one queue until cancelled; a broker that is away only makes it wait."""

    def __init__(
        self,
        broker: Broker,
        queue: str,
        handlers: Mapping[type[Event], Handler],
        *,
        batch_events: int = BATCH_EVENTS,
        retry_pauses: Sequence[float] = RETRY_PAUSES,
        clock: Clock = Clock(),
    ) -> None:
        self._broker = broker
        self._plan = Plan(queue, handlers, batch_events, retry_pauses, clock)
        self._backoff = Backoff()
        self.state = ConsumerState()
        metrics.CONSUMER_WAITING.read(lambda: self.state.trouble is not None)

    async def run(self) -> None:
        while True:
            try:
                await self._consume()
            except* BrokerAway as lost:
                self.state.trouble = str(lost.exceptions[0])
                log.warning("consumer_lost_broker", queue=self._plan.queue, reason=self.state.trouble)
            heed_cancellation()
            await self._backoff.pause()

    async def _consume(self) -> None:
        """Subscribe and serve until the subscription breaks; what runs aside then ends with it."""
        async with (
            self._broker.subscribe(self._plan.queue, prefetch=PREFETCH_MESSAGES) as subscription,
            asyncio.TaskGroup() as aside,
        ):
            self.state.trouble = None
            session = Session(self._plan, self._broker, subscription, aside, self.state)
            while True:
                deliveries = await subscription.receive()
                self._backoff.reset()
                await session.take(deliveries)
