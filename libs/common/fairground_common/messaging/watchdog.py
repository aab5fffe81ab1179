"""A connection that is open and says nothing is the one failure nobody reports, so somebody counts the seconds.

Every word of the broker is a sign of life: a delivery, a confirm, the answer to a question. A line silent for a minute
is asked; one that does not answer is cut, and whoever uses it makes a new connection. When that has not helped three
times the process gives up: in one that is begun anew, whatever hangs here (a library, a resolver, no more file
descriptors) is gone. A broker that only is away ends workers the same way; whatever they hold comes back.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from fairground_common.exits import EXIT_BROKER_SILENT, CannotGoOn

SILENCE_SECONDS = 60.0
REBUILDS = 3
ANSWER_SECONDS = 5.0
LOOKS = 4
"""How often a line is looked at within the silence it is allowed."""

log = structlog.get_logger()


class BrokerSilent(CannotGoOn):
    """The broker has said nothing for minutes, on several connections one after the other."""

    code = EXIT_BROKER_SILENT


class NoLine(Exception):
    """There is no connection that could be asked."""


async def _nobody_to_ask() -> None:
    raise NoLine("not connected")


async def _nothing_to_cut() -> None:
    """There is no connection."""


class Line:
    """One use of the broker, publishing or consuming a queue, over however many connections in turn."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ask: Callable[[], Awaitable[object]] = _nobody_to_ask
        self._cut: Callable[[], Awaitable[None]] = _nothing_to_cut
        self._rebuilds = 0
        self._judged_at = self._heard_at = time.monotonic()

    def over(self, *, ask: Callable[[], Awaitable[object]], cut: Callable[[], Awaitable[None]]) -> None:
        """Say how the connection in use is asked for a sign of life, and how it is cut. ``ask`` raises if it fails."""
        self._ask, self._cut = ask, cut

    def heard(self) -> None:
        """Note that the broker has said something."""
        self._judged_at = self._heard_at = time.monotonic()
        self._rebuilds = 0

    async def judge(self, silence_seconds: float) -> None:
        """Ask after a silence, cut without an answer. Raises BrokerSilent when that has been done often enough."""
        if time.monotonic() - self._judged_at < silence_seconds:
            return
        try:
            async with asyncio.timeout(min(ANSWER_SECONDS, silence_seconds)):
                await self._ask()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it gave no sign of life
            await self._rebuild(f"{type(error).__name__}: {error}")
        else:
            self.heard()

    async def _rebuild(self, reason: str) -> None:
        silent_for = f"{time.monotonic() - self._heard_at:.0f} s"
        if self._rebuilds == REBUILDS:
            raise BrokerSilent(f"{self._name}: no sign of the broker for {silent_for}; last: {reason}")
        self._rebuilds += 1
        log.warning("broker_silent", line=self._name, silent_for=silent_for, reason=reason, rebuild=self._rebuilds)
        await self._cut()
        self._judged_at = time.monotonic()


class Watchdog:
    """The lines of one broker."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}

    def line(self, name: str) -> Line:
        """Return the line of that name. It is watched from its first use on."""
        return self._lines.setdefault(name, Line(name))

    async def watch(self, silence_seconds: float) -> NoReturn:
        """Judge every line in use again and again. Raises BrokerSilent."""
        while True:
            await asyncio.sleep(silence_seconds / LOOKS)
            for line in list(self._lines.values()):
                await line.judge(silence_seconds)
