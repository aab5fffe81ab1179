"""Comparing the books again and again, and telling Prometheus how they stand."""

import asyncio
import http.client
import socket
import time
from collections import Counter as Sums
from collections.abc import Callable, Sequence
from typing import NoReturn

import structlog

from fairground_common import side_port
from fairground_common.telemetry import Counter, Gauge
from fairground_deploy.api import RefusedError
from fairground_deploy.reconcile.checks import Row

DIFFERENCE = Gauge(
    "fairground_reconcile_difference", "By how much the rows of the last reconcile differ, 1 for other ids.", "check"
)
FINISHED = Gauge("fairground_reconcile_finished_timestamp_seconds", "When the books were last compared to the end.")
FAILURES = Counter("fairground_reconcile_failures_total", "Times the books could not be compared.")

log = structlog.get_logger()


async def watch(compare: Callable[[], Sequence[Row]], *, every: float, listening: socket.socket) -> NoReturn:
    """Compare, and tell at /metrics what came of it, for ever."""
    async with side_port.answering(listening, {"/metrics": side_port.metrics}):
        while True:
            try:
                note(await asyncio.to_thread(compare))
            except (RefusedError, OSError, http.client.HTTPException) as error:
                FAILURES.add()
                log.warning("reconcile_failed", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(every)


def note(rows: Sequence[Row]) -> None:
    """Keep how the books stand, by check: rows of one check add up, whichever day or prize they are of."""
    sums: Sums[str] = Sums()
    for row in rows:
        sums[row.check] += abs(row.difference) or (not row.reads_zero)
    for check, difference in sums.items():
        DIFFERENCE.set(difference, check)
    FINISHED.set(time.time())
