"""A lottery that sells out while the processes that sell it are killed: not one prize too many, not one too few.

Twenty runs instead of three: ``CHAOS_RUNS=20 pytest tests/chaos/test_lottery_kills.py``.
"""

import asyncio
from collections import Counter
from functools import partial

import pytest

from fairground_common.testing.asgi import Answer
from fairground_common.testing.chaos import Member, Trial, chance, runs
from fairground_common.testing.eventually import eventually

USERS, DRAWS, AT_ONCE = 500, 2000, 40
STOCK = {"gold": 20, "silver": 80, "consolation": 1500}
"""A hundred prizes and consolations: together fewer than the draws, so that in the end all of it must be gone."""
KILLS = 4


@pytest.mark.parametrize("seed", runs(3))
async def test_killed_processes_sell_every_prize_exactly_once(trial: Trial, seed: int) -> None:
    stock = {f"{prize}-{seed}": units for prize, units in STOCK.items()}
    await trial.open_lottery(stock)
    answers: list[Answer] = []
    to_draw = iter(range(DRAWS))

    async def draw() -> None:
        for number in to_draw:
            answer = await trial.callers.insist(1 + number % USERS, "lottery", f"run-{seed}-draw-{number}")
            answers.append(answer)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(draw())
        for after, member in _kills(trial.members, seed):
            await eventually(partial(_reaches, answers, after), within=120)
            await member.kill()
            await member.start()

    sold = sum(stock.values())
    assert Counter((answer.status, _code(answer)) for answer in answers) == Counter(
        {(200, ""): sold, (409, "LOTTERY_SOLD_OUT"): DRAWS - sold}
    )
    left = await trial.database.fetch(
        'SELECT prize_key, "left", issued FROM lottery_stock WHERE prize_key = ANY($1)', list(stock)
    )
    assert {row["prize_key"]: (row["left"], row["issued"]) for row in left} == {k: (0, n) for k, n in stock.items()}
    assert set(trial.callers.troubles) <= {"no answer", "503 LOCK_NOT_ACQUIRED", "503 SERVICE_UNAVAILABLE"}


def _kills(members: list[Member], seed: int) -> list[tuple[int, Member]]:
    """Return after how many answers whom: spread over the draws, so that after the last a fifth is still to come."""
    by = chance(seed)
    return [((kill * DRAWS + by.randrange(DRAWS)) * 4 // (5 * KILLS), by.choice(members)) for kill in range(KILLS)]


def _reaches(answers: list[Answer], number: int) -> bool:
    return len(answers) >= number


def _code(answer: Answer) -> str:
    return "" if answer.status == 200 else answer.code
