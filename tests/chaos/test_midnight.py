"""The KST day turns while players play, on processes whose clocks and time zones do not agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from itertools import count

import asyncpg
import pytest

from fairground_common.clock import kst_day, kst_midnight_after
from fairground_common.testing import Answer
from fairground_common.testing.chaos import Numbers, Trial
from fairground_common.testing.processes import Program

ALLOWANCE = 3
ZONES = ("Pacific/Kiritimati", "America/Los_Angeles")
"""Of the processes; the database has another one."""
LEADS = [timedelta(seconds=seconds) for seconds in (5, 10, 10, 20, 20, 60)]
"""How long before midnight processes are started; each is for a machine or a disk too slow for the one before."""
BREATH_SECONDS = 0.05
TENTH = timedelta(milliseconds=100)
RUSH = 4 * TENTH
"""How long before midnight newcomers begin to throng, and for how long after it they do."""
THRONG = 4

_users = count(1)


@pytest.fixture(scope="module")
async def in_other_zones(
    make_trial: Callable[..., AbstractAsyncContextManager[Trial]], program: Program, database: asyncpg.Connection
) -> AsyncIterator[Trial]:
    """Yield two processes whose time zones are not the database's."""
    name = await database.fetchval("SELECT current_database()")
    await database.execute(f"ALTER DATABASE \"{name}\" SET timezone = 'America/New_York'")
    async with make_trial(*(program.told(TZ=zone) for zone in ZONES)) as trial:
        yield trial


@pytest.fixture
async def trial(in_other_zones: Trial, tell_numbers: Callable[[Trial, Numbers], None]) -> AsyncIterator[Trial]:
    """Yield them with a wheel up; every test ends with the check."""
    await in_other_zones.open_wheel(max_daily=ALLOWANCE)
    yield in_other_zones
    tell_numbers(in_other_zones, await in_other_zones.is_one_story())


@pytest.mark.parametrize("ahead", [2 * TENTH, 20 * TENTH], ids=["by 0.2 s", "by 2 s"])
async def test_two_days_are_two_allowances_whatever_a_process_thinks_of_the_time(
    trial: Trial, ahead: timedelta
) -> None:
    night = await _live_through_midnight(trial, ahead)
    over = [await trial.callers.insist(user, "roulette", "one-too-many") for user in night.players]
    assert {answer.status for answer in over} == {HTTPStatus.TOO_MANY_REQUESTS}
    plays = await night.plays()
    of_players = Counter((play["user_id"], play["day"]) for play in plays if play["user_id"] in night.players)
    assert of_players == {(user, day): ALLOWANCE for user in night.players for day in night.days}
    assert [play["day"] for play in plays] == _days_by_the_clock(plays)
    moments = {play["user_id"]: play["created_at"] for play in plays}
    assert all(visit.asked <= moments[user] <= visit.answered for user, visit in night.newcomers.items())


async def test_who_has_played_on_the_new_day_has_left_the_old_one_in_every_process(trial: Trial) -> None:
    half_an_hour = timedelta(minutes=30)
    night = Night(trial, half_an_hour, ahead=2 * half_an_hour)
    await night.falls()
    early, late = night.ports
    old, new = night.days
    user = night.players[0]
    path = [(early, old), (late, new), (early, new), (late, new)]
    answers = [await trial.callers.insist(user, "roulette", f"{n}", port=port) for n, (port, _) in enumerate(path)]
    assert [_day(answer) for answer in answers] == [day for _, day in path]
    over = [await trial.callers.insist(user, "roulette", f"over-{port}", port=port) for port in night.ports]
    assert [answer.code for answer in over] == ["DAILY_LIMIT_REACHED"] * 2


@dataclass(frozen=True, slots=True)
class Visit:
    """A newcomer's only play: in which process, and when by that process's clock."""

    port: int
    asked: datetime
    answered: datetime


class Night:
    """Two processes about to meet a midnight; the second one's clock is ahead."""

    def __init__(self, trial: Trial, lead: timedelta, ahead: timedelta) -> None:
        self.trial = trial
        self.midnight = kst_midnight_after(datetime.now(UTC)) + timedelta(days=1)
        offset = self.midnight - lead - datetime.now(UTC)
        self.offsets = (offset, offset + ahead)
        self.days = (kst_day(self.midnight) - timedelta(days=1), kst_day(self.midnight))
        self.players = [next(_users) for _ in range(5)]
        self.newcomers: dict[int, Visit] = {}
        """Who played for the first time around midnight."""

    @property
    def ports(self) -> list[int]:
        return [member.port for member in self.trial.members]

    async def falls(self) -> None:
        """Start both processes again, with their clocks."""
        for member in self.trial.members:
            await member.kill()
        starts = zip(self.trial.members, self.offsets, strict=True)
        await asyncio.gather(*(m.start(CLOCK_OFFSET_SECONDS=str(o.total_seconds())) for m, o in starts))

    async def is_early(self) -> bool:
        """Let players use up the day; tell whether it still was the day before."""
        insist = self.trial.callers.insist
        plays = (insist(user, "roulette", f"first-{n}") for user in self.players for n in range(ALLOWANCE))
        return {_day(answer) for answer in await asyncio.gather(*plays)} == {self.days[0]}

    async def passes(self) -> None:
        """Let those players ask until the new day is used up as well, and newcomers throng around midnight."""
        thronging = zip(self.ports, self.offsets, strict=True)
        await asyncio.gather(
            *(self._play_on(user) for user in self.players),
            *(self._throng(port, offset) for port, offset in thronging for _ in range(THRONG)),
        )

    async def was_busy(self) -> bool:
        """Tell whether newcomers played in the last and in the first tenth of a second, in each process."""
        tenths = {play["user_id"]: (play["created_at"] - self.midnight) // TENTH for play in await self.plays()}
        met = {(visit.port, tenths[user]) for user, visit in self.newcomers.items()}
        return met >= {(port, tenth) for port in self.ports for tenth in (-1, 0)}

    async def plays(self) -> Sequence[asyncpg.Record]:
        """Return who played when and for which day, each player's plays in order."""
        found = "SELECT user_id, day, created_at FROM play WHERE user_id = ANY($1) ORDER BY user_id, nonce"
        return await self.trial.database.fetch(found, [*self.players, *self.newcomers])

    async def _play_on(self, user: int) -> None:
        left = ALLOWANCE
        for number in count():
            answer = await self.trial.callers.insist(user, "roulette", f"over-{number}")
            left -= answer.status == HTTPStatus.OK and _day(answer) == self.days[1]
            if not left:
                return
            await asyncio.sleep(BREATH_SECONDS)

    async def _throng(self, port: int, offset: timedelta) -> None:
        await asyncio.sleep((self.midnight - RUSH - offset - datetime.now(UTC)).total_seconds())
        while (asked := datetime.now(UTC) + offset) < self.midnight + RUSH:
            user = next(_users)
            await self.trial.callers.insist(user, "roulette", "first", port=port)
            self.newcomers[user] = Visit(port, asked, datetime.now(UTC) + offset)


async def _live_through_midnight(trial: Trial, ahead: timedelta) -> Night:
    for lead in LEADS:
        night = Night(trial, lead, ahead)
        await night.falls()
        if await night.is_early():
            await night.passes()
            if await night.was_busy():
                return night
    raise AssertionError("the machine was too slow to meet a midnight")


def _days_by_the_clock(plays: Sequence[asyncpg.Record]) -> list[date]:
    """Return the day of each play: the latest its player had seen by then, to the microsecond."""
    latest: dict[int, date] = {}
    days = []
    for play in plays:
        user, seen = play["user_id"], kst_day(play["created_at"])
        latest[user] = max(seen, latest.get(user, seen))
        days.append(latest[user])
    return days


def _day(answer: Answer) -> date:
    return date.fromisoformat(answer.body["day"])
