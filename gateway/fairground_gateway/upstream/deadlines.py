"""When exchanges must have ended: one timer for all of them, as most end long before and a timer each is dear."""

import asyncio
import math
import time

from fairground_gateway.upstream.connection import Connection


class Deadlines:
    """Ends exchanges whose time is up. The timer is set for the earliest, and set anew only when it has gone off."""

    def __init__(self) -> None:
        self._due: dict[Connection, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    def add(self, connection: Connection, at: float) -> None:
        """End the connection's exchange at a time of ``time.monotonic``, unless it is dropped before."""
        self._due[connection] = at
        if at < self._timer_at:
            self._set(at)

    def drop(self, connection: Connection) -> None:
        del self._due[connection]

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_at = None, math.inf

    def _set(self, at: float) -> None:
        self.close()
        self._timer_at = at
        self._timer = asyncio.get_running_loop().call_later(max(0.0, at - time.monotonic()), self._look)

    def _look(self) -> None:
        now = time.monotonic()
        self._timer, self._timer_at = None, math.inf
        for connection in [each for each, at in self._due.items() if at <= now]:
            connection.too_slow()
        left = [at for at in self._due.values() if at > now]
        if left:
            self._set(min(left))
