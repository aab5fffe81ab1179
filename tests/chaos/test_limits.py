"""A player's allowance over two processes, asked for a hundred times at once."""

import asyncio
from collections import Counter
from http import HTTPStatus

import pytest

from fairground_common.testing.chaos import Trial

PARALLEL = 100


@pytest.mark.parametrize(("max_daily", "played"), [(0, PARALLEL), (1, 1), (7, 7)])
async def test_exactly_the_allowance_is_played_and_the_rest_is_refused(
    trial: Trial, max_daily: int, played: int
) -> None:
    await trial.open_wheel(max_daily=max_daily)
    asked = (trial.callers.insist(1 + max_daily, "roulette", f"key-{number}") for number in range(PARALLEL))
    answers = await asyncio.gather(*asked)
    assert Counter(answer.status for answer in answers) == Counter(
        {HTTPStatus.OK: played, HTTPStatus.TOO_MANY_REQUESTS: PARALLEL - played}
    )
    refused = [answer for answer in answers if answer.status != HTTPStatus.OK]
    assert {answer.code for answer in refused} <= {"DAILY_LIMIT_REACHED"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
