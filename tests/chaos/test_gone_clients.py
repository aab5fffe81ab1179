"""Clients who hang up at any moment take nothing with them: no connection, no transaction, no half of a play."""

import asyncpg

from fairground_common.testing.chaos import Trial

ABORTS, USERS = 500, range(1, 51)


async def test_five_hundred_clients_who_hang_up_leave_nothing_behind(trial: Trial, holder: asyncpg.Connection) -> None:
    await trial.open_wheel()
    await trial.callers.hang_up((f"gone-{number}" for number in range(ABORTS)), USERS, "roulette")
    await trial.comes_to_rest()
    played = await trial.database.fetchval("SELECT count(*) FROM play")
    assert 0 < played < ABORTS, "some had been read by then, some had not"
    await trial.lends_every_connection(holder)
    told = await trial.is_one_story()
    assert told.acknowledged == told.attempted == ABORTS
