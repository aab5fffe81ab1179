"""Periodic work goes on, whatever happens to one batch of it."""

import asyncio

from fairground_common.db import Db, Tx
from fairground_common.periodic import repeat
from fairground_common.testing import eventually


async def test_it_goes_on_after_a_failure_and_at_once_while_there_is_more(db: Db) -> None:
    answers = iter([RuntimeError("a failure"), 500, 500, 0])
    asked: list[object] = []

    async def some_of(_tx: Tx) -> int:
        asked.append(next(answers, 0))
        if isinstance(asked[-1], Exception):
            raise asked[-1]
        return int(str(asked[-1]))

    working = asyncio.create_task(repeat(db, some_of, named="a test", every=0.01))
    await eventually(lambda: len(asked) > 4)
    working.cancel()
    await asyncio.wait([working])
    assert working.cancelled()
    assert asked[1:4] == [500, 500, 0]
