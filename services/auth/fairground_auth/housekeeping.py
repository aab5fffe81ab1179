"""Forgetting what can never matter again: ended sessions and counts. Any number of processes may do it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from fairground_auth.parts import Parts
from fairground_auth.sessions import usecases as sessions
from fairground_auth.throttle import usecases as throttle

log = structlog.get_logger()

EVERY_SECONDS = 600


async def tidy(parts: Parts) -> None:
    """Forget once."""
    async with parts.db.begin() as tx:
        await sessions.forget_expired(tx, now=parts.clock.now())
    async with parts.db.begin() as tx:
        await throttle.forget_ended(tx, now=parts.clock.now())


@asynccontextmanager
async def housekeeping(parts: Parts) -> AsyncIterator[None]:
    """Forget every ten minutes while the block runs."""
    task = asyncio.create_task(_keep_tidy(parts))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _keep_tidy(parts: Parts) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await tidy(parts)
        except Exception as trouble:  # noqa: BLE001 - it waits for the next turn; logins must not notice
            log.warning("not tidied", error=repr(trouble))
