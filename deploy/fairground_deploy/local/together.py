"""Doing things at the same time, with one plain error when one of them fails."""

import asyncio
from collections.abc import Coroutine


async def together(*works: Coroutine[None, None, object]) -> None:
    """Run all to their end; at the first error cancel the others and raise it alone."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except* Exception as failed:  # noqa: BLE001 - unpacked and raised as it was
        errors = failed.exceptions
    else:
        return
    raise errors[0]
