"""A process killed at each step of a play: the same key gives the stored answer, and play and event are one."""

import asyncio
from http import HTTPStatus

import pytest

from fairground_common.testing.chaos import Member, Trial

TIMES = 3
CROWD = range(10, 22)

STORED = {"games.before_insert": 0, "games.before_commit": 0, "games.after_commit": 1, "games.after_answer": 1}
"""What is there of a play whose process dies at each failpoint."""


@pytest.mark.parametrize("name", STORED)
async def test_a_play_whose_process_died_is_there_or_not_and_its_key_tells(trial: Trial, name: str) -> None:
    await trial.open_wheel()
    doomed, other = trial.members
    for time in range(TIMES):
        key = f"doomed-{time}"
        await _dies(doomed, trial, name, 1, [(1, key)])
        await trial.comes_to_rest()
        assert await trial.plays_under(key) == STORED[name]
        answer = await trial.callers.insist(1, "roulette", key, port=other.port)
        assert (answer.status, answer.body["used_today"]) == (HTTPStatus.OK, time + 1)
        assert answer.headers.get("idempotency-replayed") == ("true" if STORED[name] else None)
        assert answer.body["fairness"]["nonce"] == time, "nothing that was rolled back has used a nonce"


@pytest.mark.parametrize("name", STORED)
async def test_a_crowd_whose_process_died_plays_each_key_once(trial: Trial, name: str) -> None:
    await trial.open_wheel()
    for passing in (2, 4):
        plays = [(user, f"{user}-{passing}-{number}") for user in CROWD for number in range(3)]
        await _dies(trial.members[0], trial, name, passing, plays)
    numbers = await trial.is_one_story()
    assert numbers.acknowledged == numbers.attempted == 2 * 3 * len(CROWD)


async def _dies(member: Member, trial: Trial, name: str, passing: int, plays: list[tuple[int, str]]) -> None:
    """Start a process that dies at a failpoint, and ask it for plays until it has."""
    await member.kill()
    await member.start(FAILPOINTS=f"{name}:kill9@{passing}")
    await asyncio.gather(*(trial.callers.play(user, "roulette", key, port=member.port) for user, key in plays))
    assert await member.died() == -9
