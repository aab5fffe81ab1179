"""Processes of the product as they are really started: what they are told, what their probes say, how they end."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from fairground_common.embedded.ports import LOOPBACK, free_port
from fairground_common.testing.eventually import eventually

START_SECONDS = 90.0
END_SECONDS = 30.0


def surroundings(state_dir: Path, **settings: str) -> dict[str, str]:
    """Return what every process is told, and nothing else of this machine's environment."""
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**inherited, "ENV": "test", "GATEWAY_KEY": "g" * 16, "STATE_DIR": str(state_dir), **settings}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left behind."""

    code: int | None
    output: str
    errors: str

    def events(self) -> list[str]:
        """Return what its log lines tell, in order."""
        return [str(json.loads(line)["event"]) for line in self.output.splitlines()]


@dataclass(frozen=True, slots=True)
class Probed:
    """An answer of a probe; status 0 when nobody listens."""

    status: int
    document: Any = None


@dataclass(frozen=True, slots=True)
class Program:
    """A process that is not started yet: a module, and an environment in which all is well.

    Some settings are known by what they mean: the port it answers probes on, its own database, what it requires.
    """

    module: str
    environ: Mapping[str, str]
    port_setting: str
    database_setting: str = ""
    required: tuple[str, ...] = ("GATEWAY_KEY",)

    def on_a_free_port(self) -> Self:
        return self.told(**{self.port_setting: str(free_port())})

    @property
    def port(self) -> int:
        return int(self.environ[self.port_setting])

    def told(self, **settings: str | None) -> Self:
        """Return the same with other settings; None takes one away."""
        given = {**self.environ, **settings}
        return replace(self, environ={name: value for name, value in given.items() if value is not None})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        """Start it; whatever is left of it at the end of the block is killed."""
        async with running(self.environ, self.module) as process:
            yield process

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Process]:
        """Start it and wait until it says that it is ready."""
        async with self.running() as process:
            await self.becomes_ready()
            yield process

    async def end(self) -> Ended:
        """Start it and wait for an end it comes to by itself."""
        async with self.running() as process:
            return await ended(process)

    async def probe(self, path: str = "/readyz") -> Probed:
        return await probe(self.port, path)

    async def becomes_ready(self) -> Any:
        """Wait until /readyz says so, and return its document."""
        return await self._reaches(lambda answer: answer.status == HTTPStatus.OK)

    async def lacks(self, part: str) -> Any:
        """Wait until /readyz says that a required part is away, and return its document."""
        unready = HTTPStatus.SERVICE_UNAVAILABLE
        return await self._reaches(
            lambda answer: answer.status == unready and answer.document["checks"][part] == "away"
        )

    async def _reaches(self, condition: Callable[[Probed], bool]) -> Any:
        async def document() -> Any:
            answer = await self.probe()
            assert condition(answer), answer
            return answer.document

        return await eventually(document, within=START_SECONDS)


@asynccontextmanager
async def running(environ: Mapping[str, str], *arguments: str) -> AsyncIterator[Process]:
    """Run ``python -m arguments…`` around the block."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=environ, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(process: Process) -> Ended:
    """Wait for the end of a process."""
    output, errors = await asyncio.wait_for(process.communicate(), END_SECONDS)
    return Ended(process.returncode, output.decode(), errors.decode())


async def stopped(process: Process) -> Ended:
    """Tell a process to end, as a container engine does, and wait for it."""
    process.send_signal(signal.SIGTERM)
    return await ended(process)


async def probe(port: int, path: str) -> Probed:
    """Ask a process on this machine how it is."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return Probed(0)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    except OSError:  # it ended while it was asked
        return Probed(0)
    finally:
        writer.close()
    return Probed(int(head.split()[1]), json.loads(body)) if body else Probed(0)
