"""A lottery that sells out while the processes that sell it are killed: not one prize too many, not one too few."""

import asyncio
import secrets
from collections import Counter
from functools import partial

from fairground_common.testing.asgi import Answer
from fairground_common.testing.chaos import Member, Trial
from fairground_common.testing.eventually import eventually

USERS, DRAWS, AT_ONCE = 500, 2000, 40
STOCK = {"gold": 20, "silver": 80, "consolation": 1500}
"""A hundred prizes and consolations: together fewer than the draws, so that in the end all of it must be gone."""
KILLS = 5


async def test_killed_processes_sell_every_prize_exactly_once(trial: Trial) -> None:
    await trial.open_lottery(STOCK)
    answers: list[Answer] = []
    to_draw = iter(range(DRAWS))

    async def draw() -> None:
        for number in to_draw:
            answer = await trial.callers.insist(1 + number % USERS, "lottery", f"draw-{number}")
            answers.append(answer)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(draw())
        for kill in range(KILLS):
            # Spread over the draws at random; after the last kill a fifth of them is still to come.
            due = (kill * DRAWS + secrets.randbelow(DRAWS)) * 4 // (5 * KILLS)
            await eventually(partial(_reaches, answers, due), within=120)
            await _kill_and_start(secrets.choice(trial.members))

    sold = sum(STOCK.values())
    assert Counter((answer.status, _code(answer)) for answer in answers) == Counter(
        {(200, ""): sold, (409, "LOTTERY_SOLD_OUT"): DRAWS - sold}
    )
    left = await trial.database.fetch('SELECT prize_key, "left", issued FROM lottery_stock')
    assert {row["prize_key"]: (row["left"], row["issued"]) for row in left} == {k: (0, n) for k, n in STOCK.items()}
    assert set(trial.callers.troubles) <= {"no answer", "503 LOCK_NOT_ACQUIRED", "503 SERVICE_UNAVAILABLE"}


def _reaches(answers: list[Answer], number: int) -> bool:
    return len(answers) >= number


def _code(answer: Answer) -> str:
    return "" if answer.status == 200 else answer.code


async def _kill_and_start(member: Member) -> None:
    await member.kill()
    await member.start()
