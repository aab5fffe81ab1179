"""A RabbitMQ node of a test's own: to be killed, frozen, filled up and told things."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from fairground_common.embedded import BrokerUser, RabbitMq, rabbitmq_install
from fairground_common.testing.buses import Bus
from fairground_common.testing.chaos.strikes import strike

SETTLING_SECONDS = 2
"""A quorum queue whose node is killed within its first second has no leader ever after, and nothing shows when that
time is over."""


class Node:
    """One node, which keeps its port, its folder and so its queues over every end of it."""

    def __init__(self, folder: Path, users: Sequence[BrokerUser]) -> None:
        self._folder = folder
        self._users = users
        self._installation = rabbitmq_install.find() or rabbitmq_install.fetch(rabbitmq_install.cache_folder())
        self._running = RabbitMq(folder, self._installation, users=users)

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path, users: Sequence[BrokerUser]) -> AsyncIterator[Self]:
        """Run a node around the block."""
        node = cls(folder, users)
        await node.start()
        try:
            yield node
        finally:
            node.thaw()
            node._running.stop()

    async def start(self) -> None:
        """Start it and wait until it speaks."""
        await asyncio.to_thread(self._running.start)

    def kill(self) -> None:
        """End it with SIGKILL, in whatever it is doing."""
        strike()
        self._running.child.kill()
        self._running.stop()
        self._running = RabbitMq(self._folder, self._installation, users=self._users, port=self._running.port)

    def freeze(self) -> None:
        """Stop it where it stands; its connections stay open."""
        strike()
        self._running.child.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on. Of one that was not frozen nothing is heard."""
        self._running.child.send(signal.SIGCONT)

    async def control(self, *arguments: str) -> str:
        """Run `rabbitmqctl` against it, which takes a second or two, and return what it printed."""
        return await asyncio.to_thread(self._running.control, *arguments)

    def bus(self, user: str) -> Bus:
        """Return the node as one of its users sees it."""
        return Bus(amqp_url=SecretStr(self._running.url(user)))
