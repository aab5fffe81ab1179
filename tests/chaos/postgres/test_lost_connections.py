"""A database that crashes, and one that cuts its sessions, under players: no process has to be started again.

Thirty cuts instead of four: ``CHAOS_RUNS=15 pytest tests/chaos/postgres``.
"""

import asyncio
import signal

import asyncpg

from fairground_common.embedded import Postgres
from fairground_common.testing.chaos import Players, Trial, runs

CRASHES = len(runs(2))
CUTS = 2 * len(runs(2))
STOP_SECONDS = 30.0

COME_BACK = {"503 SERVICE_UNAVAILABLE", "503 LOCK_NOT_ACQUIRED", "409 REQUEST_IN_PROGRESS"}
"""All a player may be told meanwhile. The last two are of those who ask again before a lost transaction has ended."""

_CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'games-%'"


async def test_a_database_that_crashes_under_players_takes_no_answer_with_it(trial: Trial, server: Postgres) -> None:
    players = Players(trial, "crash")
    async with players.playing():
        for _ in range(CRASHES):
            await players.get_answers()
            await asyncio.to_thread(_crash_and_recover, server)
        await players.get_answers()
    assert set(trial.callers.troubles) <= COME_BACK


async def test_sessions_cut_again_and_again_are_replaced(trial: Trial, postgres: str) -> None:
    players, superuser = Players(trial, "cut"), await asyncpg.connect(postgres)
    async with players.playing():
        for _ in range(CUTS):
            await players.get_answers()
            assert await superuser.fetchval(_CUT) > 0
        await players.get_answers()
    await superuser.close()
    assert set(trial.callers.troubles) <= COME_BACK


def _crash_and_recover(server: Postgres) -> None:
    """As `pg_ctl restart -m immediate` does: nothing is said, nothing is written, recovery starts from the log."""
    server.child.stop(signal.SIGQUIT, patience=STOP_SECONDS)
    server.start()
