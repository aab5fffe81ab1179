"""Plays whose event lies among the dead letters of the season pass, as the broker has them."""

import asyncio
import datetime
from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from fairground_common.contracts import Envelope, PlaySettled
from fairground_common.messaging import Broker, BrokerAway, bundle, queue_of
from fairground_common.tallies import Tally
from fairground_deploy.bus.address import broker_of
from fairground_deploy.bus.office import letters

QUEUE = queue_of("seasonpass")


class DeadPlays:
    """Looks at the broker of the environment. Where it cannot, no play is dead and ``unknown`` says why."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.unknown = ""

    def __call__(self, day: datetime.date) -> Tally:
        """Return the dead plays of a KST day."""
        try:
            return asyncio.run(_tally(broker_of(self._environ), day))
        except (ValueError, BrokerAway) as error:
            self.unknown = str(error)
            return Tally()


async def _tally(broker: Broker, day: datetime.date) -> Tally:
    try:
        return Tally.of((await _by_day(broker))[day])
    finally:
        await broker.close()


async def _by_day(broker: Broker) -> Mapping[datetime.date, set[UUID]]:
    """Each event once: a letter may have been buried twice. What nobody can read belongs to no day."""
    found: dict[datetime.date, set[UUID]] = defaultdict(set)
    for letter in await letters(broker, [QUEUE]):
        for event in bundle.decode(letter.letter.body):
            if isinstance(event, Envelope) and isinstance(event.data, PlaySettled):
                found[event.data.day].add(event.event_id)
    return found
