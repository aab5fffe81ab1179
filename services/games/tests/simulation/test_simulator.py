"""The simulating process: one job at a time, beside the event loop, ended with the API."""

import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fairground_common.contracts import Reward
from fairground_common.errors import ServiceUnavailable
from fairground_common.testing import eventually
from fairground_games.games import game_of
from fairground_games.games.outcome import Outcome, Version
from fairground_games.simulation.errors import SimulationBusy
from fairground_games.simulation.run import BETWEEN_LOOKS, Job, Simulated, drawn_run
from fairground_games.simulation.simulator import Simulator

NOTHING = Reward(type="NONE")
LONG, SHORT = 3600.0, -1.0


def a_job(*, plays: int = 100, seconds: float = LONG, **left: int) -> Job:
    """Return a simulation of a lottery with prizes a and b, as likely as one another."""
    version = Version("lottery", 1, "Raffle", 0, tuple(Outcome(key, i, key, NOTHING, 1) for i, key in enumerate("ab")))
    return Job(game_of("lottery"), version, left, plays, time.monotonic() + seconds)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        yield opened


async def found(simulator: Simulator, job: Job) -> Simulated:
    """Return what a simulation finds, however busy the machine is while its process starts."""

    async def try_once() -> Simulated | None:
        try:
            return await simulator.simulate(job)
        except (ServiceUnavailable, SimulationBusy):
            return None

    simulated = await eventually(try_once, within=60)
    assert simulated is not None
    return simulated


def test_a_run_draws_every_play_and_counts_it() -> None:
    run = drawn_run(a_job(plays=1000))
    assert (run.plays, run.end, sum(run.hits.values())) == (1000, "completed", 1000)


def test_a_run_takes_the_stock_down_and_ends_when_everything_is_gone() -> None:
    run = drawn_run(a_job(plays=1000, a=3, b=4))
    assert (run.plays, run.end, run.hits) == (7, "sold_out", {"a": 3, "b": 4})


def test_a_prize_that_is_gone_is_never_drawn() -> None:
    assert drawn_run(a_job(a=0)).hits == {"b": 100}


def test_a_run_ends_when_its_time_is_up_with_what_it_has() -> None:
    run = drawn_run(a_job(plays=10**6, seconds=SHORT))
    assert (run.plays, run.end) == (BETWEEN_LOOKS - 1, "time_limit")
    assert sum(run.hits.values()) == run.plays


async def test_nothing_is_started_before_the_first_simulation_and_nothing_is_left_after_the_api() -> None:
    before = set(multiprocessing.active_children())
    async with Simulator() as simulator:
        assert set(multiprocessing.active_children()) == before
        await found(simulator, a_job())
        await found(simulator, a_job())
        (process,) = set(multiprocessing.active_children()) - before
    assert not process.is_alive()


async def test_the_event_loop_goes_on_and_a_second_simulation_is_told_to_wait(simulator: Simulator) -> None:
    await found(simulator, a_job())
    running = asyncio.create_task(simulator.simulate(a_job(plays=10**6, seconds=1)))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not running.done()
    with pytest.raises(SimulationBusy) as refused:
        await simulator.simulate(a_job())
    assert refused.value.retry_after
    assert (await running).run.plays > 0
    assert (await found(simulator, a_job())).run.plays == 100


async def test_a_caller_who_goes_away_leaves_the_one_place_taken_until_the_run_ends(simulator: Simulator) -> None:
    await found(simulator, a_job())
    running = asyncio.create_task(simulator.simulate(a_job(plays=10**6, seconds=1)))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(SimulationBusy):
        await simulator.simulate(a_job())
    assert (await found(simulator, a_job())).run.plays == 100


async def test_a_process_that_was_killed_is_replaced(simulator: Simulator) -> None:
    before = set(multiprocessing.active_children())
    await found(simulator, a_job())
    (process,) = set(multiprocessing.active_children()) - before
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    assert (await found(simulator, a_job())).run.plays == 100


STARTS_ONE_AND_WAITS = """
import os
from fairground_games.simulation.simulator import _new_pool
pool = _new_pool()
print(pool.submit(os.getpid).result(), flush=True)
input()
"""


async def test_the_process_ends_with_an_api_that_was_killed() -> None:
    pipe = asyncio.subprocess.PIPE
    api = await asyncio.create_subprocess_exec(sys.executable, "-c", STARTS_ONE_AND_WAITS, stdin=pipe, stdout=pipe)
    assert api.stdout is not None
    started = await api.stdout.readline()
    api.kill()
    async with asyncio.timeout(30):
        rest = await api.stdout.read()  # ends when nobody holds the other end any more, which both of them do
    await api.wait()
    assert (int(started) > 0, rest) == (True, b"")
