"""A rebuild while events keep flowing: real transactions against each other."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import text

from fairground_common.contracts import Envelope
from fairground_common.db import Db, Tx
from fairground_common.testing import eventually
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.rebuild import usecases
from fairground_seasonpass.rebuild.usecases import Checked

Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]

PLAYS, PLAYERS = 120, 4


async def mend(db: Db, season: Any) -> Checked:
    async def command(tx: Tx) -> Checked:
        return await usecases.mend(tx, season, after=0, limit=1000, by=900)

    return await db.retrying(command)


async def test_rebuilds_and_breakages_while_plays_are_counted_lose_and_double_nothing(
    publish: Any, a_play: Build, db: Db, owner: asyncpg.Connection, season_pass: Any, patiently: Any
) -> None:
    season = await publish(tuple((5 * number, True) for number in range(40)))
    done = asyncio.Event()

    async def play() -> None:
        await asyncio.gather(*map(count, range(3)))
        done.set()

    async def count(consumer: int) -> None:
        for number in range(consumer, PLAYS, 3):
            await patiently(partial(play_settled(db), [a_play(1 + number % PLAYERS, reward_xp=1)]))

    async def break_and_mend() -> None:
        while not done.is_set():
            await owner.execute("DELETE FROM season_pass_progress WHERE user_id = 1")
            await owner.execute(
                "UPDATE season_pass_progress SET current_xp = 10000, current_level = 40 WHERE user_id = 2"
            )
            await patiently(partial(mend, db, season))

    await asyncio.gather(play(), break_and_mend())
    await mend(db, season)
    each = 10 + PLAYS // PLAYERS
    assert {await season_pass.progress(user_id) for user_id in range(1, 1 + PLAYERS)} == {(each, 1 + each // 5, 1)}
    for user_id in (3, 4):
        assert await season_pass.rewards(user_id) == [*range(1, 2 + each // 5)]


async def test_a_play_that_is_being_counted_is_neither_missed_nor_added_twice(
    publish: Any, deliver: Deliver, a_play: Build, db: Db, owner: asyncpg.Connection, season_pass: Any, patiently: Any
) -> None:
    """Its ledger line is written and its progress is not, while the rebuild adds up: both wait for the same row."""
    season = await publish(((0, True), (10, True)))
    await deliver(a_play())
    await owner.execute("UPDATE season_pass_progress SET current_xp = 999")
    async with owner.transaction():
        await owner.execute("SELECT 1 FROM season_pass_progress WHERE user_id = 1 FOR UPDATE")
        counting = asyncio.create_task(patiently(partial(play_settled(db), [a_play(reward_xp=1)])))
        await _are_waiting(db, 1)
        mending = asyncio.create_task(patiently(partial(mend, db, season)))
        await _are_waiting(db, 2)
    await asyncio.gather(counting, mending)
    assert await season_pass.progress() == (11, 2, 1)


async def _are_waiting(db: Db, count: int) -> None:
    waiting = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")

    async def check() -> bool:
        async with db.read() as tx:
            return bool(await tx.scalar(waiting) >= count)

    await eventually(check)
