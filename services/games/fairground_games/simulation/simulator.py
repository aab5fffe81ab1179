"""The process that simulates: started when first needed, one simulation at a time, gone with the API.

A simulation is seconds of pure computing: in a process of its own it never holds up a play. It is a new process, not
a fork: nothing of the API's (connections, keys, threads) is in it.
"""

import asyncio
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from types import TracebackType
from typing import Self

from fairground_common.errors import ServiceUnavailable
from fairground_games.simulation.errors import SimulationBusy
from fairground_games.simulation.run import Job, Simulated, simulate

DRAWING_SECONDS = 2.5
"""Time a run may draw. With the start of the process and the answer it stays below the gateway's 5 s for a POST."""
ANSWER_SECONDS = 4.5
"""When the caller is told that it takes too long, because the process is only just starting on a busy machine."""


class Simulator:
    """Runs simulations beside the event loop. Used as ``async with``; leaving it ends the process."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._running: asyncio.Task[Simulated] | None = None

    async def simulate(self, job: Job) -> Simulated:
        """Return what a simulation finds. Raises SimulationBusy, and ServiceUnavailable when it takes too long."""
        if self._running is not None and not self._running.done():
            raise SimulationBusy(retry_after=round(DRAWING_SECONDS))
        self._running = running = asyncio.create_task(self._carry_out(job))  # outlives a caller who goes away
        done, _ = await asyncio.wait({running}, timeout=ANSWER_SECONDS)
        if not done:
            raise ServiceUnavailable("The simulating process is only just starting.", retry_after=2)
        try:
            return running.result()
        except BrokenProcessPool as broken:
            raise ServiceUnavailable("The simulating process was ended.", retry_after=1) from broken

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)  # whoever asked for it is gone
        if self._pool is not None:
            await asyncio.to_thread(self._pool.shutdown)

    async def _carry_out(self, job: Job) -> Simulated:
        """Starting a process takes a while too."""
        return await asyncio.wrap_future(await asyncio.to_thread(self._submit, job))

    def _submit(self, job: Job) -> Future[Simulated]:
        if self._pool is None:
            self._pool = _new_pool()
        try:
            return self._pool.submit(simulate, job)
        except BrokenProcessPool:  # it was ended from outside since the last simulation
            self._pool = _new_pool()
            return self._pool.submit(simulate, job)


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_settle_in)


def _settle_in() -> None:
    """The API tells the process when to end; a Ctrl-C at the terminal is meant for the API."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_api, daemon=True).start()


def _end_with_the_api() -> None:
    """An API that was killed could not say goodbye."""
    parent = parent_process()
    assert parent is not None, "this runs in the simulating process"
    connection.wait([parent.sentinel])
    os._exit(1)
