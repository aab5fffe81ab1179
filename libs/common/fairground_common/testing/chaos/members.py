"""Processes of one program beside each other, to be killed and started again."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fairground_common.testing.chaos.strikes import strike
from fairground_common.testing.processes import Program

CHARACTERS_KEPT = 100_000


class Member:
    """One process: a program on a port of its own, which it keeps over a restart."""

    def __init__(self, program: Program) -> None:
        self.program = program.on_a_free_port()
        self.said = ""
        """The last of its output, over all its lives."""
        self._process: Process | None = None
        self._running = AsyncExitStack()
        self._listening: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        return self.program.port

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, **settings: str) -> None:
        """Start it and wait until it is ready. Settings given here hold for this start alone."""
        self._process = await self._running.enter_async_context(self.program.told(**settings).ready())
        # A process stands still as soon as nobody reads what it has to say.
        outputs = (self._process.stdout, self._process.stderr)
        self._listening = [asyncio.create_task(self._listen(output)) for output in outputs if output is not None]

    async def kill(self) -> None:
        """End it with SIGKILL, in whatever it is doing, as a crash would."""
        if self.is_running:
            strike()
        await self.end()

    async def end(self) -> None:
        """End it because the test is over."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await asyncio.gather(*self._listening)
        await self._running.aclose()
        self._process = None

    async def stop(self) -> int:
        """Tell it to end, as a container engine does, and return its exit code."""
        assert self._process is not None, "it was not started"
        self._process.terminate()
        return await self.died()

    async def died(self) -> int:
        """Wait until it has ended by itself and return its exit code."""
        assert self._process is not None, "it was not started"
        code = await asyncio.wait_for(self._process.wait(), 60)
        if code < 0:
            strike()
        await self.end()
        return code

    async def _listen(self, output: asyncio.StreamReader) -> None:
        while said := await output.read(CHARACTERS_KEPT):
            self.said = (self.said + said.decode(errors="replace"))[-CHARACTERS_KEPT:]


@asynccontextmanager
async def running_members(*programs: Program) -> AsyncIterator[list[Member]]:
    """Run a process of each program around the block."""
    members = [Member(program) for program in programs]
    try:
        await asyncio.gather(*(member.start() for member in members))
        yield members
    finally:
        await asyncio.gather(*(member.end() for member in members))
