"""The KST day of a moment, as the play path's own SQL tells it: right to the microsecond, in any time zone."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from fairground_common.clock import kst_day
from fairground_games.plays.statements import READ_WORLD

STAND_AT = """
SELECT set_config('fairground.clock_offset', extract(epoch FROM $1::timestamptz - now()) || ' s', true)
"""
"""Let this transaction's own time be a moment."""

MIDNIGHTS = [
    datetime(2026, 12, 31, 15, tzinfo=UTC),  # New Year in Korea only
    datetime(2028, 2, 28, 15, tzinfo=UTC),  # a leap day begins
    datetime(2026, 3, 8, 15, tzinfo=UTC),  # of a day with 23 hours in New York
    datetime(2026, 11, 1, 15, tzinfo=UTC),  # and of one with 25
]
BEFORE = [timedelta(microseconds=apart) for apart in (1, 1_000, 100_000, 1_000_000)]
AFTER = [timedelta(0), *BEFORE]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("midnight", MIDNIGHTS, ids=str)
async def test_the_day_turns_at_midnight_to_the_microsecond(
    database: asyncpg.Connection, midnight: datetime, zone: str
) -> None:
    new = midnight.date() + timedelta(days=1)
    old = new - timedelta(days=1)
    moments = {midnight - apart: old for apart in BEFORE} | {midnight + apart: new for apart in AFTER}
    for moment, day in moments.items():
        assert await _world_at(database, moment, zone) == (moment, day)
        assert kst_day(moment) == day, "as every other transaction decides it"


async def _world_at(database: asyncpg.Connection, moment: datetime, zone: str) -> tuple[datetime, date]:
    async with database.transaction():
        await database.execute("SELECT set_config('TimeZone', $1, true)", zone)
        await database.execute(STAND_AT, moment)
        world = await database.fetchrow(READ_WORLD)
    assert world is not None
    return world["now"], world["today"]
