"""A bad line to the database: what it swallows is not told as a failure, and the key tells what happened."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

import pytest

from fairground_common.testing.chaos import Numbers, Trial
from fairground_common.testing.processes import Program
from fairground_common.testing.proxy import TcpProxy, proxied

POSTGRES_PORT = 5432
NEIGHBOURS = (11, 12, 13, 14)
"""Of both lanes of the process."""
CUSTOMERS = range(20, 30)
PIECE = 50
"""Bytes: less than any statement of a play."""

Deafened = tuple[Trial, TcpProxy]


@pytest.fixture(scope="module")
async def through_proxy(
    make_trial: Callable[..., AbstractAsyncContextManager[Trial]], program: Program
) -> AsyncIterator[Deafened]:
    """Yield two processes, the first of which reaches the database through a proxy."""
    url = program.environ["GAMES_DATABASE_URL"]
    async with (
        proxied(url, POSTGRES_PORT) as proxy,
        make_trial(program.told(GAMES_DATABASE_URL=proxy.url(url)), program) as trial,
    ):
        yield trial, proxy


@pytest.mark.parametrize("is_cut", [True, False], ids=["then it breaks", "then silence"])
async def test_a_commit_whose_answer_is_lost_is_told_by_its_key(
    through_proxy: Deafened, tell_numbers: Callable[[Trial, Numbers], None], is_cut: bool
) -> None:
    trial, proxy = through_proxy
    await trial.open_wheel()
    deaf, other = trial.members
    user, key = 1 + is_cut, f"swallowed-{is_cut}"
    await trial.callers.insist(user, "roulette", f"{key}-before", port=deaf.port)
    happened = proxy.swallow_answer(b"COMMIT")
    playing = asyncio.create_task(trial.callers.play(user, "roulette", key, port=deaf.port))
    await asyncio.wait_for(happened.wait(), 30)
    if is_cut:
        proxy.cut()
    answer = await playing
    assert answer is not None
    assert (answer.status, answer.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    assert await trial.plays_under(key) == 1
    told = [await trial.callers.insist(user, "roulette", key, port=port) for port in (other.port, deaf.port)]
    assert [each.headers.get("idempotency-replayed") for each in told] == ["true", "true"]
    assert told[0].content == told[1].content
    for neighbour in NEIGHBOURS:
        assert (await trial.callers.insist(neighbour, "roulette", key, port=deaf.port)).status == HTTPStatus.OK
    tell_numbers(trial, await trial.is_one_story())


async def test_over_a_slow_line_that_cuts_everything_up_plays_are_whole(
    through_proxy: Deafened, tell_numbers: Callable[[Trial, Numbers], None]
) -> None:
    trial, proxy = through_proxy
    await trial.open_wheel()
    proxy.slice(PIECE)
    proxy.delay(0, jitter=0.001)
    plays = (trial.callers.insist(user, "roulette", "sliced", port=trial.members[0].port) for user in CUSTOMERS)
    answers = await asyncio.gather(*plays)
    proxy.slice(None)
    proxy.delay(0)
    assert {answer.status for answer in answers} == {HTTPStatus.OK}
    tell_numbers(trial, await trial.is_one_story())
