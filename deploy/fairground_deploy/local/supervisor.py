"""Starting again what died: a crash of one process must not end the run, nor spin the machine."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fairground_common.embedded import Child, PartError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""A process that ran this long starts again after the first pause; before, each pause is twice the last."""

_POLL_SECONDS = 0.2


class Supervised(Protocol):
    """Something with a child process that can be started again."""

    @property
    def child(self) -> Child: ...

    def start(self) -> None: ...


@dataclass(slots=True)
class _Watch:
    name: str
    thing: Supervised
    pause: float = FIRST_PAUSE
    started_at: float = field(default_factory=time.monotonic)


class Supervisor:
    """Watches children until cancelled. `say` tells a person about each end."""

    def __init__(self, things: Mapping[str, Supervised], *, say: Callable[[str], None]) -> None:
        self._watches = [_Watch(name, thing) for name, thing in things.items()]
        self._say = say

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for watch in self._watches:
                group.create_task(self._keep(watch))

    async def _keep(self, watch: _Watch) -> None:
        while True:
            if not watch.thing.child.alive:
                await self._again(watch)
            await asyncio.sleep(_POLL_SECONDS)

    async def _again(self, watch: _Watch) -> None:
        if time.monotonic() - watch.started_at > STEADY_SECONDS:
            watch.pause = FIRST_PAUSE
        child = watch.thing.child
        self._say(f"{watch.name} {_end_of(child.returncode)}; starts again in {watch.pause:g} s ({_shown(child.log)})")
        await asyncio.sleep(watch.pause)
        watch.pause = min(watch.pause * 2, LONGEST_PAUSE)
        try:
            await asyncio.to_thread(watch.thing.start)
        except PartError as error:
            self._say(f"{watch.name} did not start: {error}")
        watch.started_at = time.monotonic()


def _end_of(code: int | None) -> str:
    return f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"


def _shown(log: Path) -> str:
    here = Path.cwd()
    return str(log.relative_to(here)) if log.is_relative_to(here) else str(log)
