"""Asking again, as clients do who are told to come back."""

from collections.abc import Awaitable, Callable
from typing import Any

from fairground_common.testing.asgi import Answer
from fairground_common.testing.eventually import eventually

PATIENCE_SECONDS = 60


async def insist(send: Callable[..., Awaitable[Answer]], *args: Any, **options: Any) -> Answer:
    """Repeat what is answered with Retry-After until it is answered otherwise.

    On a machine that stands still for a moment, somebody who waits for a lock is told to come back: it refuses nothing.
    Not for a limit, which is told with Retry-After too and is an end.
    """

    async def definite() -> Answer:
        answer = await send(*args, **options)
        assert "retry-after" not in answer.headers, answer
        return answer

    return await eventually(definite, within=PATIENCE_SECONDS)
