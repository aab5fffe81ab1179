"""One key, many requests, two processes: one effect, and everybody is told the same."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fairground_common.testing import Answer
from fairground_common.testing.chaos import Trial

PARALLEL = 50
TURNER, OPERATOR = 77, 900
BUSY = {(HTTPStatus.CONFLICT, "REQUEST_IN_PROGRESS"), (HTTPStatus.SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE")}
"""Nothing has happened: the first request is not done yet, or a slow machine's pool was too small for fifty."""
REUSED = (HTTPStatus.UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED")


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
    rotate = Keyed(trial, "/api/fairness/rotate", TURNER)
    await rotate.happens_once({"client_seed": "mine"})
    assert await trial.database.fetchval("SELECT count(*) FROM revealed_seed_pair WHERE user_id = $1", TURNER) == 1
    await rotate.is_refused({"client_seed": "another"})
    assert await trial.database.fetchval("SELECT pair FROM player WHERE user_id = $1", TURNER) == 1


async def test_a_keyed_restock_moves_the_stock_once_and_another_body_under_its_key_is_refused(trial: Trial) -> None:
    await trial.open_lottery({"restocked": 10})
    restock = Keyed(trial, "/api/admin/lottery/prizes/restocked/restock", OPERATOR, ("operator",))
    told = await restock.happens_once({"delta": 5})
    assert told == {"left": 15, "issued": 0}
    await restock.is_refused({"delta": 6})
    trial.opening_stock["restocked"] += 5
    moved = "SELECT kind, delta FROM lottery_stock_event WHERE prize_key = 'restocked' ORDER BY id"
    assert [tuple(row) for row in await trial.database.fetch(moved)] == [("opened", 10), ("restocked", 5)]
    assert await trial.database.fetchval("SELECT \"left\" FROM lottery_stock WHERE prize_key = 'restocked'") == 15
    audited = "SELECT count(*) FROM audit_log WHERE action = 'PRIZE_RESTOCKED'"
    assert await trial.database.fetchval(audited) == 1


@dataclass(frozen=True, slots=True)
class Keyed:
    """One request with a key, that is no play."""

    trial: Trial
    path: str
    user_id: int
    roles: tuple[str, ...] = ()

    async def happens_once(self, body: dict[str, Any]) -> Any:
        """Ask fifty times at once, expect one effect and one answer, and return that."""
        answers = await self._ask(body, PARALLEL)
        told = [answer for answer in answers if answer.status == HTTPStatus.OK]
        assert {(answer.status, answer.code) for answer in answers if answer not in told} <= BUSY
        assert all(answer.body == told[0].body for answer in told)
        assert sum(not _is_replay(answer) for answer in told) == 1
        return told[0].body

    async def is_refused(self, body: dict[str, Any]) -> None:
        """Ask for something else under the same key."""
        assert {(answer.status, answer.code) for answer in await self._ask(body, 10)} == {REUSED}

    async def _ask(self, body: dict[str, Any], times: int) -> list[Answer]:
        call = self.trial.callers.call
        requests = (call("POST", self.path, self.user_id, *self.roles, key="once", body=body) for _ in range(times))
        return await asyncio.gather(*requests)
