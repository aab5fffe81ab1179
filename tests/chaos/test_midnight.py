"""The KST day turns while players play, on processes whose clocks and time zones do not agree."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from itertools import count

import asyncpg

from fairground_common.clock import kst_day, kst_midnight_after
from fairground_common.testing.asgi import Answer
from fairground_common.testing.chaos import Numbers, Trial
from fairground_common.testing.processes import Program

ALLOWANCE = 3
SKEW = timedelta(seconds=2)
LEADS = [timedelta(seconds=seconds) for seconds in (8, 20, 60)]
"""How long before midnight processes are started; each is for a machine too slow for the one before."""
ZONES = ("Pacific/Kiritimati", "America/Los_Angeles")
BREATH_SECONDS = 0.05


async def test_two_days_are_two_allowances_whatever_a_process_thinks_of_the_time(
    make_trial: Callable[..., AbstractAsyncContextManager[Trial]],
    program: Program,
    database: asyncpg.Connection,
    tell_numbers: Callable[[Trial, Numbers], None],
) -> None:
    name = await database.fetchval("SELECT current_database()")
    await database.execute(f"ALTER DATABASE \"{name}\" SET timezone = 'America/New_York'")
    async with make_trial(*(program.told(TZ=zone) for zone in ZONES)) as trial:
        await trial.open_wheel(max_daily=ALLOWANCE)
        users, last_day = await _use_up_the_day_before_midnight(trial)
        await asyncio.gather(*(_play_into(trial, user, last_day + timedelta(days=1)) for user in users))
        over = [await trial.callers.insist(user, "roulette", "one-too-many") for user in users]
        tell_numbers(trial, await trial.is_one_story())
    assert {answer.status for answer in over} == {HTTPStatus.TOO_MANY_REQUESTS}
    played = await database.fetch("SELECT user_id, day FROM play WHERE user_id = ANY($1)", list(users))
    days = (last_day, last_day + timedelta(days=1))
    assert Counter((row["user_id"], row["day"]) for row in played) == {(u, d): ALLOWANCE for u in users for d in days}
    early = "SELECT count(*) FROM play WHERE day < (created_at AT TIME ZONE 'Asia/Seoul')::date"
    assert await database.fetchval(early) == 0, "a play after midnight counts for the new day"


async def _use_up_the_day_before_midnight(trial: Trial) -> tuple[Sequence[int], date]:
    """Put both processes shortly before a midnight and return players who have nothing left of that day."""
    for number, lead in enumerate(LEADS):
        midnight = kst_midnight_after(datetime.now(UTC)) + timedelta(days=1 + number)
        await _stand_before(trial, midnight - lead)
        users = range(100 * number + 1, 100 * number + 6)
        first = (trial.callers.insist(user, "roulette", f"first-{n}") for user in users for n in range(ALLOWANCE))
        days = {_day(answer) for answer in await asyncio.gather(*first)}
        last_day = kst_day(midnight - timedelta(seconds=1))
        if days == {last_day}:
            return users, last_day
    raise AssertionError("the processes took more than a minute to start")


async def _stand_before(trial: Trial, moment: datetime) -> None:
    """Start both again, one with a clock that is ahead."""
    for member in trial.members:
        await member.kill()
    offset = moment - datetime.now(UTC)
    offsets = (offset, offset + SKEW)
    starts = zip(trial.members, offsets, strict=True)
    await asyncio.gather(*(m.start(CLOCK_OFFSET_SECONDS=str(int(o.total_seconds()))) for m, o in starts))


async def _play_into(trial: Trial, user: int, day: date) -> None:
    """Ask again and again, without a pause at midnight, until the new day's allowance is used up."""
    left = ALLOWANCE
    for number in count():
        answer = await trial.callers.insist(user, "roulette", f"over-{number}")
        left -= answer.status == HTTPStatus.OK and _day(answer) == day
        if not left:
            return
        await asyncio.sleep(BREATH_SECONDS)


def _day(answer: Answer) -> date:
    return date.fromisoformat(answer.body["day"])
