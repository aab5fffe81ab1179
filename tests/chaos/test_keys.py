"""One key, many requests, two processes: one effect, and everybody is told the same."""

import asyncio
from http import HTTPStatus

from fairground_common.testing.asgi import Answer
from fairground_common.testing.chaos import Trial

PARALLEL = 50
TURNER = 77
ROTATE = "/api/fairness/rotate"


def _is_replay(answer: Answer) -> bool:
    return answer.headers.get("idempotency-replayed") == "true"


async def test_one_key_asked_fifty_times_at_once_on_two_processes_is_one_play(trial: Trial) -> None:
    await trial.open_wheel()
    answers = await asyncio.gather(*(trial.callers.insist(1, "roulette", "same") for _ in range(PARALLEL)))
    assert {answer.status for answer in answers} == {HTTPStatus.OK}
    assert len({answer.content for answer in answers}) == 1
    assert sum(not _is_replay(answer) for answer in answers) <= 1
    assert await trial.plays_under("same") == 1


async def test_the_same_key_of_another_user_and_of_another_game_is_another_key(trial: Trial) -> None:
    await trial.open_wheel()
    await trial.open_lottery({"gold": 100})
    asked = [(user, game) for user in range(1, 11) for game in ("roulette", "lottery")] * 3
    answers = await asyncio.gather(*(trial.callers.insist(user, game, "shared") for user, game in asked))
    assert {answer.status for answer in answers} == {HTTPStatus.OK}
    assert len({answer.body["play_id"] for answer in answers}) == await trial.plays_under("shared") == 20


async def test_without_a_key_each_request_is_a_play_of_its_own(trial: Trial) -> None:
    await trial.open_wheel()
    answers = await asyncio.gather(*(trial.callers.play(1 + n % 10, "roulette", None) for n in range(PARALLEL)))
    played = [answer.body["play_id"] for answer in answers if answer is not None and answer.status == HTTPStatus.OK]
    assert played
    assert len(set(played)) == len(played)


async def test_a_keyed_rotation_happens_once_and_another_body_under_its_key_is_refused(trial: Trial) -> None:
    async def rotate(seed: str) -> Answer:
        return await trial.callers.call("POST", ROTATE, TURNER, key="turn", body={"client_seed": seed})

    answers = await asyncio.gather(*(rotate("mine") for _ in range(PARALLEL)))
    told = [answer for answer in answers if answer.status == HTTPStatus.OK]
    assert {answer.code for answer in answers if answer not in told} <= {"REQUEST_IN_PROGRESS"}
    assert all(answer.body == told[0].body for answer in told)
    assert sum(not _is_replay(answer) for answer in told) == 1
    assert await trial.database.fetchval("SELECT count(*) FROM revealed_seed_pair WHERE user_id = $1", TURNER) == 1
    others = await asyncio.gather(*(rotate("another") for _ in range(10)))
    assert {(answer.status, answer.code) for answer in others} == {(422, "IDEMPOTENCY_KEY_REUSED")}
    assert await trial.database.fetchval("SELECT pair FROM player WHERE user_id = $1", TURNER) == 1
