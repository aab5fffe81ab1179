"""What a worker's readiness asks of its relay and its consumer: their own state, nothing over the network."""

from fairground_common.messaging.consumer import Consumer
from fairground_common.messaging.relay import Relay
from fairground_common.readiness import Check


class InTrouble(Exception):
    """Events are waiting; the text says for what."""


def consumer_check(consumer: Consumer) -> Check:
    """Check that a consumer is subscribed and nothing keeps it from applying events."""

    async def probe() -> None:
        if consumer.state.trouble is not None:
            raise InTrouble(consumer.state.trouble)

    return Check("consumer", probe)


def relay_check(relay: Relay) -> Check:
    """Check that a relay is connected and the broker takes what it sends."""

    async def probe() -> None:
        if relay.state.last_error is not None:
            raise InTrouble(relay.state.last_error)

    return Check("relay", probe)
