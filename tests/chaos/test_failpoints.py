"""A process killed at each step of a play: the same key gives the stored answer, and play and event are one.

Ten kills at each failpoint instead of two: ``CHAOS_RUNS=10 pytest tests/chaos/test_failpoints.py``.
"""

import asyncio
from http import HTTPStatus

import pytest

from fairground_common.testing.chaos import Member, Trial, chance, runs

TIMES = len(runs(2))
CROWD = range(10, 22)
PASSINGS = range(1, 6)
"""Which passing of a failpoint by a crowd kills; each is a batch of plays."""

STORED = {"games.before_insert": 0, "games.before_commit": 0, "games.after_commit": 1, "games.after_answer": 1}
"""What is there of a play whose process dies at each failpoint."""
USERS = {name: user for user, name in enumerate(STORED, start=1)}


@pytest.mark.parametrize("name", STORED)
async def test_a_play_whose_process_died_is_there_or_not_and_its_key_tells(trial: Trial, name: str) -> None:
    await trial.open_wheel()
    doomed, other = trial.members
    for time in range(TIMES):
        key = f"lone-{name}-{time}"
        await _start_doomed(doomed, f"{name}:kill9")
        await trial.callers.play(USERS[name], "roulette", key, port=doomed.port)
        assert await doomed.died() == -9
        await trial.comes_to_rest()
        assert await trial.plays_under(key) == STORED[name]
        answer = await trial.callers.insist(USERS[name], "roulette", key, port=other.port)
        assert (answer.status, answer.body["used_today"]) == (HTTPStatus.OK, time + 1)
        assert answer.headers.get("idempotency-replayed") == ("true" if STORED[name] else None)
        assert answer.body["fairness"]["nonce"] == time, "nothing that was rolled back has used a nonce"


@pytest.mark.parametrize("seed", runs(1))
async def test_a_crowd_whose_process_dies_at_each_failpoint_plays_each_key_once(trial: Trial, seed: int) -> None:
    await trial.open_wheel()
    doomed, _ = trial.members
    passing = chance(seed)
    for name in STORED:
        await _start_doomed(doomed, f"{name}:kill9@{passing.choice(PASSINGS)}")
        await asyncio.gather(*(_play_on(trial, doomed, user, f"{seed}-{name}") for user in CROWD))
        assert await doomed.died() == -9


async def _start_doomed(member: Member, failpoint: str) -> None:
    await member.kill()
    await member.start(FAILPOINTS=failpoint)


async def _play_on(trial: Trial, member: Member, user: int, keys: str) -> None:
    """Play until nobody answers any more."""
    number = 0
    while await trial.callers.play(user, "roulette", f"{keys}-{number}", port=member.port) is not None:
        number += 1
