"""A day of very many plays is told within the limits of a statement: at once, or in slices whose sum it is.

RECONCILE_PLAYS says how many plays the day has; with 1000000 it is the day the limits were made for.
"""

import datetime
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest_asyncio
from sqlalchemy import text

from fairground_common.tallies import Slice, Tally
from fairground_common.testing import AsgiClient
from fairground_games.reconcile.statements import PLAYS

PATH = "/api/admin/games/reconcile"
DAY = datetime.date(2026, 1, 2)
LARGE = int(os.environ.get("RECONCILE_PLAYS", "20000"))
SLICES = 8

FILL = """
INSERT INTO play (play_id, game, event_id, user_id, config_version, day, created_at, pair, nonce, outcome_key, outcome,
    reward, receipt, used_today, max_daily, balance)
SELECT id, 'roulette', gen_random_uuid(), number % 1000, 1, (moment AT TIME ZONE 'Asia/Seoul')::date, moment, 0, number,
    '1', '{"slot_index": 1}', '{"type": "NONE", "amount": 0}', '{"some": "receipt"}', 1, 0, 0
FROM generate_series(0, 3 * $1::int - 1) AS number,
    LATERAL (SELECT '2025-12-31T15:00:00Z'::timestamptz + number * (interval '1 day' / $1::int)) AS m(moment),
    LATERAL (SELECT encode(
        substr(int8send((extract(epoch FROM moment) * 1000)::bigint), 3) || '\\x7000'::bytea
            || substr(uuid_send(gen_random_uuid()), 9), 'hex')::uuid) AS i(id)
"""
"""The day, one before it and one after it, all alike; ids grow with time as the product's do."""


@pytest_asyncio.fixture
async def filled(
    owner: asyncpg.Connection,
    store_version: Callable[[str, dict[str, Any]], Awaitable[int]],
    roulette_config: Callable[..., dict[str, Any]],
) -> None:
    await store_version("roulette", roulette_config())
    await owner.execute(FILL, LARGE, timeout=600)
    await owner.execute("VACUUM (ANALYZE) play", timeout=600)


async def tally(operator: AsgiClient, **query: Any) -> Tally:
    answer = await operator.get(PATH, query={"from": DAY, **query})
    assert answer.status == 200, answer
    [day] = answer.body["days"]
    return Tally(day["plays"]["count"], int(day["plays"]["xor"], 16))


async def test_slices_add_up_to_the_day(operator: AsgiClient, owner: asyncpg.Connection, filled: None) -> None:
    kept = await owner.fetch("SELECT event_id FROM play WHERE day = $1", DAY)
    expected = Tally.of(event for (event,) in kept)
    assert expected.count == LARGE
    parts = [await tally(operator, slice=each, slices=SLICES) for each in range(1, SLICES + 1)]
    assert sum(parts, Tally()) == expected
    assert max(part.count for part in parts) <= LARGE / SLICES + 1
    assert await tally(operator) == expected


async def test_a_slice_reads_its_share_of_the_table(owner: asyncpg.Connection, filled: None) -> None:
    pages = await owner.fetchval("SELECT relpages FROM pg_class WHERE relname = 'roulette_log'")
    whole = await pages_read(owner, Slice())
    slices = [await pages_read(owner, Slice(each, SLICES)) for each in range(1, SLICES + 1)]
    assert whole < 0.6 * pages, "the days beside it are not read"
    first, *inner, last = slices
    assert max(inner) < 0.3 * whole
    assert max(first, last) <= whole, "these two are open: they look for the day's plays that were made at another time"


async def pages_read(owner: asyncpg.Connection, part: Slice) -> int:
    """Return how many pages a tally looks at."""
    lowest, highest = part.ids(DAY)
    given = {"first": f"'{DAY}'", "last": f"'{DAY}'", "lowest": f"'{lowest}'", "highest": f"'{highest}'"}
    statement = str(text(PLAYS))
    for name, value in given.items():
        statement = statement.replace(f":{name}", value)
    plan = json.loads(await owner.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"))[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def test_a_slice_that_is_none_is_refused(operator: AsgiClient) -> None:
    for query in ({"slice": 2}, {"slices": 65}, {"slice": 3, "slices": 2}, {"slices": 2, "to": "2026-01-03"}):
        answer = await operator.get(PATH, query={"from": DAY, **query})
        assert answer.code == "VALIDATION_FAILED", query
