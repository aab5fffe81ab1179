"""One connection to RabbitMQ with one channel: made when needed, thrown away whole at the first doubt.

aio-pika's robust connections replay what was declared and sometimes never come back; ours hold nothing worth keeping.
Whoever uses a link gets BrokerAway when it breaks and asks for a new one after a pause.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import AMQPError

from fairground_common.messaging.broker import BrokerAway
from fairground_common.messaging.cancellation import heed_cancellation

CONNECT_SECONDS = 5.0
HEARTBEAT_SECONDS = 10
"""A frozen broker is noticed after three of these, about 33 s."""
CLOSE_SECONDS = 2.0
REPLY_SECONDS = 5.0

LIBRARY_ERRORS = (AMQPError, OSError, RuntimeError, TimeoutError)
"""What a broken connection looks like; RuntimeError is what a closed channel raises."""

# Whatever it complains about reaches our caller as BrokerAway, who says it in one line instead of a page.
logging.getLogger("aiormq").setLevel(logging.CRITICAL)


class Link:
    """A connection and its channel. Not shared between publishing and consuming: a blocked publisher is not read."""

    def __init__(self, url: str, name: str, on_open: Callable[[], object] = lambda: None) -> None:
        self._url = url
        self._name = name
        self._on_open = on_open
        self._opening = asyncio.Lock()
        self._spoilt = False
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    async def channel(self) -> AbstractChannel:
        """Return the open channel, connecting if there is none. Raises BrokerAway, bounded by 5 s."""
        async with self._opening:
            if self._channel is None or self._channel.is_closed or self._spoilt:
                await self.close()
                with broker_trouble():
                    async with asyncio.timeout(CONNECT_SECONDS):
                        self._channel = await self._open()
                self._on_open()
            return self._channel

    def spoil(self) -> None:
        """Use this channel no more: after a timeout or a cancelled publish its confirms mean nothing."""
        self._spoilt = True

    async def close(self) -> None:
        """Close the connection, within 2 s; a broken one is simply let go."""
        connection, self._connection, self._channel, self._spoilt = self._connection, None, None, False
        if connection is None:
            return
        try:
            with suppress(*LIBRARY_ERRORS):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await connection.close()
        finally:
            # The first try has let the transport go, however it ended; this marks the connection as closed. One that
            # is not tries to close itself when it is collected, wherever that happens.
            await connection.close()

    async def _open(self) -> AbstractChannel:
        # Held before it connects, so that one that never comes up is closed as well.
        self._connection = aio_pika.Connection(
            make_url(self._url, heartbeat=HEARTBEAT_SECONDS),
            heartbeat=HEARTBEAT_SECONDS,
            client_properties={"connection_name": self._name},
        )
        await self._connection.connect(timeout=CONNECT_SECONDS)
        # Without on_return_raises an unroutable message looks like a published one.
        channel = self._connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.initialize(timeout=CONNECT_SECONDS)
        return channel


@contextmanager
def broker_trouble() -> Iterator[None]:
    """Turn what the library raises on a broken connection into BrokerAway; it also forgets cancellations."""
    try:
        yield
        heed_cancellation()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BrokerAway("the connection broke") from error  # the library cancels its own waiting calls
    except LIBRARY_ERRORS as error:
        raise BrokerAway(f"{type(error).__name__}: {error}") from error
