"""Asking everything, and again what may come right by itself, for as long as somebody is ready to wait."""

import datetime
import time
from collections.abc import Callable, Sequence
from functools import partial

from fairground_common.progress import Progress
from fairground_common.tallies import Tally, days_between
from fairground_deploy.api import Api
from fairground_deploy.reconcile import books, checks
from fairground_deploy.reconcile.checks import Row

PAUSE_SECONDS = 0.5

Question = Callable[[], list[Row]]
Dead = Callable[[datetime.date], Tally]
"""Plays of a KST day whose event lies among the dead letters."""


def reconcile(
    admin: Api, first: datetime.date, last: datetime.date, dead: Dead, *, patience: float, progress: Progress
) -> list[Row]:
    """Compare some KST days, both included, and what there is now. Raises RefusedError, OSError."""

    def of_day(day: datetime.date) -> list[Row]:
        progress(f"{day}")
        found = books.read_day(admin, day)
        return [checks.plays_of(found, dead), checks.rewards_of(found)]

    questions: list[Question] = [partial(of_day, day) for day in days_between(first, last)]
    moving = ask([*questions, lambda: [books.read_undelivered(admin)]], patience=patience)
    return [
        *moving,
        *books.read_stock(admin),
        *books.read_balances(admin, progress),
        *books.read_progress(admin, progress),
    ]


def ask(questions: Sequence[Question], *, patience: float) -> list[Row]:
    """Return the rows of all questions. Those with something on its way are asked again, at most so many seconds."""
    deadline = time.monotonic() + patience
    answers = [question() for question in questions]
    while (open_ones := _open(answers)) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        for number in open_ones:
            answers[number] = questions[number]()
    return [row for rows in answers for row in rows]


def _open(answers: Sequence[Sequence[Row]]) -> list[int]:
    return [number for number, rows in enumerate(answers) if any(row.on_its_way for row in rows)]
