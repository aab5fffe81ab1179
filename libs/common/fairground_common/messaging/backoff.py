"""Waiting longer after each failure, never the same time twice."""

import asyncio
import secrets

FIRST_SECONDS = 0.1
MOST_SECONDS = 5.0

_STEPS = 1000


class Backoff:
    """Pauses that double from ``first`` to ``most`` seconds, each shortened at random by up to half."""

    def __init__(self, first: float = FIRST_SECONDS, most: float = MOST_SECONDS) -> None:
        self._first = first
        self._most = most
        self._next = first

    def next_seconds(self) -> float:
        """Return how long to wait this time."""
        full, self._next = self._next, min(self._next * 2, self._most)
        return full * (1 - secrets.randbelow(_STEPS) / (2 * _STEPS))

    async def pause(self) -> None:
        await asyncio.sleep(self.next_seconds())

    def reset(self) -> None:
        """Start again with the shortest pause: something worked."""
        self._next = self._first
