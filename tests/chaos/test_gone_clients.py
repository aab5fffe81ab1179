"""Clients who hang up at any moment take nothing with them: no connection, no transaction, no half of a play."""

import asyncio
import secrets

from fairground_common.testing.chaos import Trial

ABORTS, USERS, AT_ONCE = 500, 50, 25
LONGEST_SECONDS = 0.15
"""From before the request has been read until after the answer has been sent."""
POOLS = 2 * 8
"""What the play pools of both processes hold at most."""


async def test_five_hundred_clients_who_hang_up_leave_nothing_behind(trial: Trial) -> None:
    await trial.open_wheel()
    numbers = iter(range(ABORTS))

    async def hang_up() -> None:
        for number in numbers:
            seconds = LONGEST_SECONDS * (secrets.randbelow(1000) / 1000) ** 3  # many before the request is read
            await trial.callers.abandon(1 + number % USERS, "roulette", f"gone-{number}", seconds)

    await asyncio.gather(*(hang_up() for _ in range(AT_ONCE)))
    await trial.comes_to_rest()
    played = await trial.database.fetchval("SELECT count(*) FROM play")
    assert 0 < played < ABORTS, "some had been read by then, some had not"
    assert await trial.play_connections() <= POOLS
    told = await trial.is_one_story()
    assert told.acknowledged == told.attempted == ABORTS
    assert await trial.play_connections() <= POOLS
