"""How a worker process lives: its work runs until SIGTERM or SIGINT, then has a bounded time to end.

Stopping is cancelling. A consumer settles nothing then and a relay deletes nothing: what was in hand comes back and
is handled again, which every handler minds. Work that ends by itself has given up (CannotGoOn) or met a bug; the
process ends with it, so that whoever watches it starts it anew.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import structlog
import uvloop

from fairground_common.exits import EXIT_FAILED, EXIT_STUCK, CannotGoOn
from fairground_common.garbage import spare_what_is_loaded

STOP_SECONDS = 10.0
"""Time to cancel and close; above what closing broker and database may take, below a supervisor's SIGKILL."""

log = structlog.get_logger()


def run_worker(work: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
    """Run endless work as this process; ends it with 0 after a signal, or with a code of ``exits``."""
    spare_what_is_loaded()
    code = uvloop.run(_until_signalled(work))
    raise SystemExit(code)


async def _until_signalled(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    working, signalled = asyncio.create_task(work()), asyncio.create_task(stop.wait())
    log.info("worker_started")
    await asyncio.wait({working, signalled}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        signalled.cancel()
        return _failed(working.exception())
    await _end(working)
    log.info("worker_stopped")
    return 0


def _failed(error: BaseException | None) -> int:
    stop = _found_in(error)
    if stop is not None:
        sys.stderr.write(f"{stop}\n")
        return stop.code
    log.error("worker_failed", exc_info=error)
    return EXIT_FAILED


def _found_in(error: BaseException | None) -> CannotGoOn | None:
    """Return what ended the work on purpose; task groups wrap it."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(_found_in, error.exceptions)), None)
    return error if isinstance(error, CannotGoOn) else None


async def _end(working: asyncio.Task[None]) -> None:
    working.cancel()
    done, _ = await asyncio.wait({working}, timeout=STOP_SECONDS)
    if not done:
        log.error("worker_stuck", seconds=STOP_SECONDS)
        os._exit(EXIT_STUCK)  # the loop would wait for the task as well
    if not working.cancelled() and working.exception() is not None:
        log.warning("worker_stopped_badly", exc_info=working.exception())
