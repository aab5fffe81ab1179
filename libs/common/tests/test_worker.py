"""A worker process lives until it is told to end, and its end is bounded."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

WORKER = """
import asyncio
from fairground_common import worker
from fairground_common.telemetry import configure_logs

async def work():
    try:
        print("working", flush=True)
        await asyncio.sleep({seconds})
        raise RuntimeError("a bug")
    finally:
        {at_the_end}

worker.STOP_SECONDS = 0.2
configure_logs("test", "info")
worker.run_worker(work)
"""


@asynccontextmanager
async def started(*, seconds: float, at_the_end: str = "pass") -> AsyncIterator[asyncio.subprocess.Process]:
    """Start such a worker and wait until it works."""
    script = WORKER.format(seconds=seconds, at_the_end=at_the_end)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        while await process.stdout.readline() != b"working\n":
            assert not process.stdout.at_eof()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def last_event(process: asyncio.subprocess.Process) -> str:
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    return str(json.loads(output.splitlines()[-1])["event"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_work_and_the_process_cleanly(number: signal.Signals) -> None:
    async with started(seconds=3600) as process:
        process.send_signal(number)
        assert await last_event(process) == "worker_stopped"
        assert process.returncode == 0


async def test_a_second_signal_does_not_disturb_the_end() -> None:
    async with started(seconds=3600, at_the_end="await asyncio.sleep(0.1)") as process:
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        assert await last_event(process) == "worker_stopped"
        assert process.returncode == 0


async def test_the_collector_spares_what_a_worker_has_loaded() -> None:
    async with started(seconds=3600, at_the_end="import gc; print(gc.get_freeze_count())") as process:
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 30)
    [spared] = [int(line) for line in output.splitlines() if line.isdigit()]
    assert spared > 10_000


async def test_work_that_does_not_end_is_left_behind() -> None:
    async with started(seconds=3600, at_the_end="await asyncio.sleep(3600)") as process:
        process.send_signal(signal.SIGTERM)
        assert await last_event(process) == "worker_stuck"
        assert process.returncode == 4


async def test_a_probe_port_that_is_taken_is_one_line_and_no_failure_of_the_work() -> None:
    taken = 'raise PortTaken("cannot listen on 127.0.0.1:80: Address already in use")'
    script = WORKER.format(seconds=0, at_the_end=f"from fairground_common.worker_probes import PortTaken; {taken}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, errors) == (3, b"cannot listen on 127.0.0.1:80: Address already in use\n")
    assert b"worker_failed" not in output


async def test_work_that_fails_takes_the_process_with_it() -> None:
    async with started(seconds=0) as process:
        assert await last_event(process) == "worker_failed"
        assert process.returncode == 1


async def test_work_that_gives_up_is_one_line_and_a_code_of_its_own() -> None:
    give_up = (
        'raise BaseExceptionGroup("a", [KeyError(), ExceptionGroup("b", [BrokerSilent("no sign of the broker")])])'
    )
    script = WORKER.format(seconds=0, at_the_end=f"from fairground_common.messaging import BrokerSilent; {give_up}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, errors) == (6, b"no sign of the broker\n")
    assert b"worker_failed" not in output
