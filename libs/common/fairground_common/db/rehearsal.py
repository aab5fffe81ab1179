"""Doing something only to see what it would change: it is done, and taken back."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fairground_common.db.database import Db, Tx

T = TypeVar("T")


class _Rehearsed(Exception):
    """Ends a rehearsal's transaction without a trace."""


async def rehearse(db: Db, command: Callable[[Tx], Awaitable[T]]) -> T:
    """Run a command and roll it back: what it returns is what it would have returned. Its locks are real."""

    async def and_undo(tx: Tx) -> None:
        results.append(await command(tx))
        raise _Rehearsed

    results: list[T] = []
    try:
        await db.retrying(and_undo)
    except _Rehearsed:
        return results[-1]
    raise AssertionError("the block above raises")
