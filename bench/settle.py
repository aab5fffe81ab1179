"""``python -m bench.settle``: what settling a play costs, without HTTP: the queue of one process over PostgreSQL.

So many players play at once, each again as soon as it has its answer, as often as asked. Told is what does not depend
on who else uses the machine: CPU of this process and of PostgreSQL, plays a transaction, bytes of WAL. One key a play,
as the gateway's clients send it. PostgreSQL runs as in ``make run``: fsync and synchronous_commit on.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from bench import servers
from bench.content import GAMES
from bench.costs import cpu_seconds
from fairground_common.db import Db, open_pool
from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded import Child
from fairground_common.testing import Databases
from fairground_games.app import PLAY_CONNECTIONS
from fairground_games.configs.usecases import activate_config, create_config
from fairground_games.configs.versions import Versions
from fairground_games.fairness.seeds import Seeds
from fairground_games.games import game_of
from fairground_games.plays.pipeline import Pipeline
from fairground_games.plays.play import Play
from fairground_games.plays.queue import PlayQueue
from fairground_games.plays.settlement import Settlement

PLAYERS = 500
OPERATOR = 1
REQUEST_ID = "0123456789abcdef0123456789abcdef"
TRACEPARENT = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"


@dataclass(frozen=True, slots=True)
class Reading:
    """What has been spent and written so far."""

    at: float
    process: float
    postgres: float
    plays: int
    transactions: int
    wal_bytes: int


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="fairground-settle-") as folder, servers.postgres(Path(folder)) as postgres:
        databases = Databases(postgres.url)
        for game in options.games:
            uvloop.run(_measure(databases.fresh("games"), postgres.child, game, options))
    return 0


async def _measure(database: ServiceDatabase, server: Child, game: str, options: argparse.Namespace) -> None:
    await _open(database, game)
    async with queue_over(database.app_url) as queue, servers.connection(database.owner_url) as owner:
        await _play(queue, game, run="warm", plays=2 * PLAYERS, at_once=64)
        for at_once in options.at_once:
            before = await _reading(owner, server)
            await _play(queue, game, run=str(at_once), plays=options.plays, at_once=at_once)
            _say(game, at_once, before, await _reading(owner, server))


@asynccontextmanager
async def queue_over(url: str) -> AsyncIterator[PlayQueue]:
    """Yield a queue as a process of the API has it."""
    seeds = Seeds(b"a seed key only for the bench, longer")
    pool = await open_pool(url, application="games-plays", size=PLAY_CONNECTIONS)
    try:
        async with PlayQueue(Pipeline(pool, Versions(), seeds, Settlement(seeds, test_mode=True))) as queue:
            yield queue
    finally:
        await pool.close()


async def _open(database: ServiceDatabase, name: str) -> None:
    game, db = game_of(name), Db.connect(database.app_url, application="bench")
    async with db.begin() as tx:
        made = await create_config(tx, game, game.config_model.model_validate(GAMES[name]), by=OPERATOR)
        await activate_config(tx, game, made.version, by=OPERATOR, point_budget=None)
    await db.close()


async def _play(queue: PlayQueue, name: str, *, run: str, plays: int, at_once: int) -> None:
    game, numbers = game_of(name), iter(range(plays))

    async def player() -> None:
        for number in numbers:
            play = Play(1 + number % PLAYERS, game, f"{run}-{number}", REQUEST_ID, TRACEPARENT)
            await queue.play(play)

    await asyncio.gather(*(player() for _ in range(at_once)))


async def _reading(owner: asyncpg.Connection, server: Child) -> Reading:
    row: Any = await owner.fetchrow(
        "SELECT count(*) AS plays, count(DISTINCT created_at) AS transactions,"
        " (SELECT pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint AS wal FROM play"
    )
    return Reading(
        time.monotonic(), time.process_time(), cpu_seconds(server), row["plays"], row["transactions"], row["wal"]
    )


def _say(game: str, at_once: int, before: Reading, after: Reading) -> None:
    plays = after.plays - before.plays
    sys.stdout.write(
        f"{game:8} {at_once:4} at once   {plays / (after.at - before.at):6,.0f} plays/s"
        f"   {plays / (after.transactions - before.transactions):5.1f} a transaction"
        f"   µs CPU a play: process {(after.process - before.process) / plays * 1e6:4.0f}"
        f"  PostgreSQL {(after.postgres - before.postgres) / plays * 1e6:4.0f}"
        f"   WAL {(after.wal_bytes - before.wal_bytes) / plays:5,.0f} bytes a play\n"
    )
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.settle", description="The cost of settling plays.")
    parser.add_argument("--plays", type=int, default=20_000, help="plays of each measurement (default: %(default)s)")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 16, 64, 256], help="default: 1 16 64 256")
    parser.add_argument("--games", nargs="+", choices=GAMES, default=list(GAMES), help="default: all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
