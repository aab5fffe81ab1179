"""Work that comes back: what time brings about, done in batches beside a worker's relay and consumer, for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import structlog

from fairground_common.db import Db, Tx
from fairground_common.messaging.backoff import Backoff

log = structlog.get_logger()


async def repeat(db: Db, some_of: Callable[[Tx], Awaitable[Any]], *, named: str, every: float) -> NoReturn:
    """Do a batch, each in its own transaction: at once again while it says it did something, else after ``every`` s.

    A batch that fails is logged and tried again after a growing pause, never longer than ``every``.
    """
    backoff = Backoff(most=every)
    while True:
        try:
            done = await db.retrying(some_of)
        except Exception as error:  # noqa: BLE001 - whatever it is, relay and consumer beside it must go on
            log.warning("periodic_work_failed", work=named, reason=f"{type(error).__name__}: {error}")
            await backoff.pause()
        else:
            backoff.reset()
            if not done:
                await asyncio.sleep(every)
