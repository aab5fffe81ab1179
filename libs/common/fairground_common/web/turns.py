"""Turns: of one player's commands one at a time goes to the database, the others wait in the process.

Commands of one player wait for each other's rows anyway. Waiting inside the database, each would hold a connection:
somebody who claims fifty times at once would take them all, and others would be told that the service is overloaded.
Two processes are two turns; what keeps them apart is still the database's keys and locks.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import Depends, Request

from fairground_common.errors import LockNotAcquired
from fairground_common.web.metrics import TURNS

TURN_SECONDS = 3.0
"""The longest wait: with a lock's 0.7 s after it still below the gateway's 5 s."""


class Turns:
    """The queues of all players who are calling now."""

    def __init__(self, *, seconds: float = TURN_SECONDS) -> None:
        self._seconds = seconds
        self._queues: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        TURNS.read(lambda: len(self))

    def __len__(self) -> int:
        """Return how many players are calling now."""
        return len(self._queues)

    @asynccontextmanager
    async def of(self, user_id: int) -> AsyncIterator[None]:
        """Run the block when everything this player asked for before has ended. Raises LockNotAcquired."""
        queue = self._queues.setdefault(user_id, asyncio.Lock())
        try:
            async with asyncio.timeout(self._seconds):
                await queue.acquire()
        except TimeoutError:
            raise LockNotAcquired("Too many requests of this player wait.", retry_after=1) from None
        try:
            yield
        finally:
            queue.release()


async def _turns(request: Request) -> Turns:
    turns: Turns = request.app.state.turns
    return turns


PlayersTurns = Annotated[Turns, Depends(_turns)]
