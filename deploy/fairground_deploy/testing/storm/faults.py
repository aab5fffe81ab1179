"""What can happen to a product, each fault by its name. All end by themselves, within seconds."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random  # noqa: TID251 - what breaks and when; nothing is drawn or kept secret with it
from subprocess import CalledProcessError, TimeoutExpired
from typing import Protocol
from urllib.parse import urlsplit

from fairground_common.db.failures import DATABASE_ERRORS
from fairground_common.embedded import LOOPBACK, Child
from fairground_common.testing.chaos import strike as note_strike
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.processes import ServiceProcess
from fairground_deploy.local.product import STOP_SECONDS
from fairground_deploy.local.ready import Awaited, wait_until_ready
from fairground_deploy.services import Kind
from fairground_deploy.testing.storm.stage import Stage

LONGEST_SECONDS = 6.5
"""Above the 5 s after which a publish, a statement, and a play at the gateway are given up."""
PAUSE_SECONDS = 2.0
"""The longest between the end of a fault and the next. What died is often not back by then: faults meet."""
RENEW_SECONDS = 30.0


class HasChild(Protocol):
    """A process or a part, whichever life it is in."""

    @property
    def child(self) -> Child: ...


Strike = Callable[[], Awaitable[bool]]
"""Tells whether there was something to strike: what is dead already cannot be killed."""

_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class Faults:
    """They strike one after the other, every one of them once before any comes again, in an order a seed gives."""

    def __init__(self, stage: Stage, by: Random) -> None:
        self._stage = stage
        self._by = by
        self.struck: list[str] = []
        """The name of each fault so far."""
        self._left: list[tuple[str, Strike]] = []
        self._restarting: dict[str, asyncio.Task[None]] = {}

    async def rage(self, seconds: float) -> None:
        """Strike for so long. When this returns nothing is frozen or held any more, but something may be dead."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            name, strike = self._next()
            if await strike():
                self.struck.append(name)
                note_strike()
                await asyncio.sleep(self._by.random() * PAUSE_SECONDS)
        await asyncio.gather(*self._restarting.values())

    def _next(self) -> tuple[str, Strike]:
        if not self._left:
            self._left = [*self._of_processes(), *self._of_parts(), *self._of_the_line()]
            self._by.shuffle(self._left)
        return self._left.pop()

    def _of_processes(self) -> Iterator[tuple[str, Strike]]:
        for name, process in self._stage.product.processes.items():
            yield f"{name} killed", partial(self._kill_process, process)
            yield f"{name} frozen", partial(self._freeze, process)
            yield f"{name} restarted", partial(self._restart, process)

    def _of_parts(self) -> Iterator[tuple[str, Strike]]:
        stage = self._stage
        yield "rabbitmq killed", partial(_kill, stage.node)
        yield "rabbitmq frozen", partial(self._freeze, stage.node)
        yield "rabbitmq's connections closed", self._close_connections
        yield "postgres crashed", self._crash_postgres
        yield "postgres frozen", self._freeze_postgres
        yield "postgres's sessions cut", self._cut_sessions
        yield "a table locked", self._lock_players
        yield "valkey killed", partial(_kill, stage.valkey)
        yield "valkey frozen", partial(self._freeze, stage.valkey)
        yield "valkey flushed", self._flush_valkey

    def _of_the_line(self) -> Iterator[tuple[str, Strike]]:
        line = self._stage.line
        yield "connections reset", partial(_at_once, line.reset)
        yield "connections cut", partial(_at_once, line.cut)
        yield "connections half closed", partial(_at_once, line.half_close)
        yield "the line dead", partial(self._for_a_while, line.freeze, line.thaw)
        yield "the line slow", partial(self._for_a_while, lambda: line.delay(0.05, 0.3), lambda: line.delay(0))

    async def _kill_process(self, process: ServiceProcess) -> bool:
        """Not in the middle of a restart: the supervisor would start a second one beside the new one."""
        if process.name in self._restarting:
            await self._restarting[process.name]
        return await _kill(process)

    async def _restart(self, process: ServiceProcess) -> bool:
        """As an update does it, while other things strike. A worker is put back by the supervisor."""
        if process.program.kind is Kind.WORKER:
            process.ask_to_stop()
        else:
            self._restarting[process.name] = asyncio.create_task(self._renew(process))
        return process.alive

    async def _renew(self, process: ServiceProcess) -> None:
        port = urlsplit(self._stage.product.url_of(process.name)).port
        assert port is not None, "a local address names its port"
        with suppress(LocalRunError):  # it could not be: the former goes on
            await wait_until_ready([Awaited(process, port)], within=RENEW_SECONDS)
            await asyncio.to_thread(process.renew, within=RENEW_SECONDS, patience=STOP_SECONDS)

    async def _freeze(self, what: HasChild) -> bool:
        return what.child.alive and await self._stop_and_go([what.child.pid])

    async def _freeze_postgres(self) -> bool:
        """Its sessions as well: without the server alone only nobody new gets in."""
        server = self._stage.postgres.child
        return server.alive and await self._stop_and_go([server.pid, *_children_of(server.pid)])

    async def _stop_and_go(self, pids: Sequence[int]) -> bool:
        return await self._for_a_while(partial(_send, pids, signal.SIGSTOP), partial(_send, pids, signal.SIGCONT))

    async def _for_a_while(self, begin: Callable[[], None], end: Callable[[], None]) -> bool:
        begin()
        try:
            await asyncio.sleep(self._by.random() * LONGEST_SECONDS)
        finally:
            end()
        return True

    async def _close_connections(self) -> bool:
        try:
            await asyncio.to_thread(self._stage.node.control, "close_all_connections", "a storm")
        except (CalledProcessError, TimeoutExpired):
            return False
        return True

    async def _crash_postgres(self) -> bool:
        """Nothing is said, nothing is written; recovery starts from the log."""
        server = self._stage.postgres.child
        if not server.alive:
            return False
        await asyncio.to_thread(server.stop, signal.SIGQUIT, patience=30)
        return True

    async def _cut_sessions(self) -> bool:
        with suppress(*DATABASE_ERRORS):  # it may be away
            async with self._stage.reading("games") as connection:
                return bool(await connection.fetch(_CUT))
        return False

    async def _lock_players(self) -> bool:
        with suppress(*DATABASE_ERRORS):
            async with self._stage.reading("games") as connection, connection.transaction():
                await connection.execute("LOCK TABLE player")
                await asyncio.sleep(self._by.random() * PAUSE_SECONDS)
                return True
        return False

    async def _flush_valkey(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOOPBACK, self._stage.valkey.port)
            writer.write(b"FLUSHALL\r\n")
            await writer.drain()
            writer.close()
            return True
        return False


async def _kill(what: HasChild) -> bool:
    child = what.child
    if not child.alive:
        return False
    await asyncio.to_thread(child.kill)
    return True


async def _at_once(act: Callable[[], None]) -> bool:
    act()
    return True


def _send(pids: Sequence[int], number: signal.Signals) -> None:
    """Signal those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _children_of(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
