"""Waiting for what another process is about to do, without guessing how long it takes."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(check: Callable[[], Awaitable[T]], *, within: float = 10.0, every: float = 0.02) -> T: ...
@overload
async def eventually(check: Callable[[], T], *, within: float = 10.0, every: float = 0.02) -> T: ...
async def eventually(check: Callable[[], T | Awaitable[T]], *, within: float = 10.0, every: float = 0.02) -> T:
    """Call `check` until it answers something true, and return that.

    An AssertionError inside of it counts as "not yet". After `within` seconds the last one is raised, or
    an AssertionError that shows the last answer.
    """
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() > deadline
        try:
            answer = check()
            value: T = await answer if inspect.isawaitable(answer) else answer
        except AssertionError:
            if late:
                raise
        else:
            if value:
                return value
            assert not late, f"after {within} s still {value!r}"
        await asyncio.sleep(every)
