"""Clients that ask and do not take: what is written to them is held in memory, and they hold it for nothing."""

import asyncio

SECONDS = 10.0
BYTES = 10 * 1024
"""A client that takes less than this of its answer in that time is cut off."""


class Stall:
    """Watches one connection from the moment its answer is more than the kernel takes, until ``end``."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._timer = self._look_later()

    def end(self) -> None:
        self._timer.cancel()

    def _look_later(self) -> asyncio.TimerHandle:
        return self._loop.call_later(SECONDS, self._look, self._transport.get_write_buffer_size())

    def _look(self, before: int) -> None:
        if self._transport.get_write_buffer_size() > before - BYTES:
            self._transport.abort()
        else:
            self._timer = self._look_later()
