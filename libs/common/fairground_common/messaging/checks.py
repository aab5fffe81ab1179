"""What readiness asks about events: a worker of its relay and its consumer, their own state and nothing over the
network; an API of its outbox, as it knows no broker.
"""

from datetime import timedelta

from sqlalchemy import Table, select

from fairground_common.db import Db
from fairground_common.messaging.consumer import Consumer
from fairground_common.messaging.relay import Relay
from fairground_common.readiness import Check

LONGEST_WAIT = timedelta(seconds=10)
"""A relay that is restarted, or a broker's short absence, is over sooner."""


class InTrouble(Exception):
    """Events are waiting; the text says for what."""


def consumer_check(consumer: Consumer) -> Check:
    """Check that a consumer is subscribed and nothing keeps it from applying events."""

    async def probe() -> None:
        if consumer.state.trouble is not None:
            raise InTrouble(consumer.state.trouble)

    return Check("consumer", probe)


def events_check(db: Db, outbox: Table) -> Check:
    """Check that events leave: whatever holds them up, the process goes on without, as they wait in its database."""
    oldest = select(outbox.c.created_at).order_by(outbox.c.id).limit(1)

    async def probe() -> None:
        async with db.read() as tx:
            since = await tx.scalar(oldest)
            if since is not None and tx.now - since > LONGEST_WAIT:
                raise InTrouble(f"an event waits since {since}")

    return Check("events", probe, required=False)


def relay_check(relay: Relay) -> Check:
    """Check that a relay is connected and the broker takes what it sends."""

    async def probe() -> None:
        if relay.state.last_error is not None:
            raise InTrouble(relay.state.last_error)

    return Check("relay", probe)
