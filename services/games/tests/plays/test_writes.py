"""What a play writes, counted by PostgreSQL itself: rows by table, and bytes of its log."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.db import open_pool
from fairground_common.db.provision import ServiceDatabase
from fairground_games.games import game_of
from fairground_games.plays.play import Play
from fairground_games.plays.queue import PlayQueue

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]

PLAYERS = 60
ROUNDS = 8
WAL_BYTES_A_PLAY = range(2000, 2180)
"""2,095 in a batch of 60 that pays points (PostgreSQL 18); one index more is some 80.

Fewer is worth writing down here.
"""

_FLUSH = "SELECT pg_stat_force_next_flush()"
_ROWS = """
SELECT regexp_replace(relname, '_([0-9]{6}|default)$', '') AS name,
    n_tup_ins AS inserted, n_tup_upd AS updated, n_tup_del AS deleted
FROM pg_stat_user_tables
"""
_WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"


@pytest_asyncio.fixture
async def pool(games_database: ServiceDatabase) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool of one connection, so that all a play writes is written there."""
    opened = await open_pool(games_database.app_url, application="test", size=1)
    yield opened
    await opened.close()


@pytest.mark.parametrize(("game", "changes"), [("roulette", {}), ("dice", {}), ("lottery", {"stock": 10_000})])
async def test_a_play_writes_each_row_once(
    queue: PlayQueue,
    pool: asyncpg.Pool,
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    configs: dict[str, Config],
    game: str,
    changes: dict[str, Any],
) -> None:
    await store_version(game, configs[game](max_daily=0, **changes))
    await _all_play(queue, game, "first")
    before = await _rows(owner, pool)
    paid = await _all_play(queue, game, "second")
    written = await _rows(owner, pool) - before
    assert written == Counter(
        {
            ("player", "updated"): PLAYERS,
            (f"{game}_log", "inserted"): PLAYERS,
            ("user_event_log", "inserted"): PLAYERS,
            ("outbox", "inserted"): PLAYERS,
            ("reward_ledger", "inserted"): paid["POINT"],
            ("fulfilment", "inserted"): paid["ITEM"],
            ("lottery_stock", "updated"): min(1, paid["ITEM"]),
        }
    )


async def test_a_play_writes_so_many_bytes(
    queue: PlayQueue, pool: asyncpg.Pool, store_version: StoreVersion, roulette_config: Config
) -> None:
    """The least of some rounds: others write too, and after a checkpoint a page is written whole."""
    config = roulette_config(max_daily=0)
    for segment in config["segments"]:
        segment["reward"] = {"type": "POINT", "amount": 10}
    await store_version("roulette", config)
    await _all_play(queue, "roulette", "first")
    rounds = []
    for number in range(ROUNDS):
        before = await _wal_bytes(pool)
        await _all_play(queue, "roulette", f"round-{number}")
        rounds.append((await _wal_bytes(pool) - before) / PLAYERS)
    assert round(min(rounds)) in WAL_BYTES_A_PLAY, rounds


async def _all_play(queue: PlayQueue, game: str, key: str) -> Counter[str]:
    """Let every player play at once; return how many rewards of which type that brought."""
    answers = await asyncio.gather(*(queue.play(Play(user, game_of(game), key)) for user in range(PLAYERS)))
    return Counter(answer.play.reward["type"] for answer in answers)


async def _rows(owner: asyncpg.Connection, pool: asyncpg.Pool) -> Counter[tuple[str, str]]:
    for connection in (owner, pool):
        await connection.execute(_FLUSH)
    counted: Counter[tuple[str, str]] = Counter()
    for row in await owner.fetch(_ROWS):
        counted.update({(row["name"], what): row[what] for what in ("inserted", "updated", "deleted")})
    return counted


async def _wal_bytes(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval(_WAL))


@pytest.fixture
def configs(roulette_config: Config, dice_config: Config, lottery_config: Config) -> dict[str, Config]:
    return {"roulette": roulette_config, "dice": dice_config, "lottery": lottery_config}
