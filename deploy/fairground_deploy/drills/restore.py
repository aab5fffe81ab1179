"""The drill of docs/runbook.md, "Restore to a moment", on a PostgreSQL of its own that is thrown away.

A base backup is taken while plays are settled; then the table of plays is dropped, and the database is brought back to
a moment before. Everything committed by that moment has to be there, nothing later, and the books have to be right.
Usage: fairground drill restore
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from fairground_common.db import Db, migrations, open_pool
from fairground_common.db.provision import ServiceDatabase, provision
from fairground_common.embedded import Postgres
from fairground_common.embedded.children import Order, run_to_end
from fairground_common.embedded.postgres import identity, program
from fairground_deploy.demo_content import GAMES
from fairground_deploy.drills.failed import DrillFailed
from fairground_games.configs.usecases import activate_config, create_config
from fairground_games.configs.versions import Versions
from fairground_games.fairness.seeds import Seeds
from fairground_games.games import game_of
from fairground_games.plays.pipeline import Pipeline
from fairground_games.plays.play import Play
from fairground_games.plays.queue import PlayQueue
from fairground_games.plays.settlement import Settlement

PASSWORD = "of-a-drill"  # noqa: S105 - of a server on loopback that lives for seconds
GAME = game_of("roulette")
PLAYERS, ROUNDS = 8, 5

BOOKS = """
SELECT (SELECT count(*) FROM outbox) AS unsent,
    (SELECT count(*) FROM player WHERE nonce <> (
        SELECT count(*) FROM play WHERE play.user_id = player.user_id)) AS nonces,
    (SELECT count(*) FROM player WHERE balance <> coalesce(
        (SELECT sum(amount) FROM reward_ledger WHERE reward_ledger.user_id = player.user_id), 0)) AS balances
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the drill found."""

    plays: int
    """That were committed by the moment, and are there again."""
    undone: int
    """That were committed later, and are not."""
    seconds: float
    """From the decision to restore to the first answer."""

    def __str__(self) -> str:
        return f"{self.plays} plays are there again, {self.undone} later ones are not; restored in {self.seconds} s"


async def drill(folder: Path) -> Outcome:
    """Do all of it in a folder. Raises DrillFailed."""
    archive = folder / "archive"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    primary = _server(folder / "primary", archive_mode="on", archive_command=f"cp %p {archive}/%f")
    try:
        kept, undone, moment = await _lose_the_plays(primary, folder / "base")
    finally:
        primary.stop()
    began = time.monotonic()
    restored = _restore(folder, archive, moment)
    try:
        plays = await check_books(_games_at(restored), kept)
    finally:
        restored.stop()
    return Outcome(plays, len(undone), round(time.monotonic() - began, 1))


async def _lose_the_plays(primary: Postgres, base: Path) -> tuple[set[UUID], set[UUID], datetime]:
    """Play, back up meanwhile, play on, and drop the table; return what was played by when."""
    primary.start()
    database = await _made(primary)
    before = await _played(database)
    before |= (await asyncio.gather(_played(database), asyncio.to_thread(_back_up, primary, base)))[0]
    owner, superuser = await asyncpg.connect(database.owner_url), await asyncpg.connect(primary.url)
    moment = await owner.fetchval("SELECT clock_timestamp()")
    after = await _played(database)
    await owner.execute("DROP TABLE play CASCADE")
    await superuser.execute("SELECT pg_switch_wal()")
    await owner.close()
    await superuser.close()
    return before, after, moment


async def _made(primary: Postgres) -> ServiceDatabase:
    database = await provision(primary.url, service="games", owner_password=PASSWORD, app_password=PASSWORD)
    await asyncio.to_thread(migrations.upgrade, "games", database.owner_url, database.app_role)
    db = Db.connect(database.app_url, application="drill")
    config = GAME.config_model.model_validate({**GAMES["roulette"], "max_daily": 0})
    async with db.begin() as tx:
        made = await create_config(tx, GAME, config, by=1)
        await activate_config(tx, GAME, made.version, by=1, point_budget=None)
    await db.close()
    return database


async def _played(database: ServiceDatabase) -> set[UUID]:
    """Settle plays as the service does, and return those that were answered."""
    pool = await open_pool(database.app_url, application="drill", size=4)
    seeds = Seeds(PASSWORD.encode().ljust(32, b"."))
    pipeline = Pipeline(pool, Versions(), seeds, Settlement(seeds, test_mode=True))
    async with PlayQueue(pipeline) as queue:
        plays = [Play(user_id, GAME) for user_id in range(1, PLAYERS + 1) for _ in range(ROUNDS)]
        answers = await asyncio.gather(*map(queue.play, plays))
    await pool.close()
    return {answer.play.play_id for answer in answers}


def _back_up(primary: Postgres, base: Path) -> None:
    command = [program("pg_basebackup"), "-d", primary.url, "-D", str(base), "--checkpoint=fast", "--wal-method=none"]
    run_to_end(Order([*command, "--no-sync", "--no-manifest"], identity=identity()))


def _restore(folder: Path, archive: Path, moment: datetime) -> Postgres:
    restored = _server(
        folder,
        restore_command=f"cp {archive}/%f %p",
        recovery_target_time=moment.isoformat(),
        recovery_target_action="promote",
    )
    (folder / "base").rename(restored.data)
    (restored.data / "recovery.signal").touch()
    restored.start()
    return restored


async def check_books(database_url: str, kept: set[UUID]) -> int:
    connection = await asyncpg.connect(database_url)
    there = {row["play_id"] for row in await connection.fetch("SELECT play_id FROM play")}
    books = await connection.fetchrow(BOOKS)
    await connection.close()
    if there != kept:
        raise DrillFailed(f"{len(kept - there)} plays are lost, {len(there - kept)} are there that were undone")
    if books is None or (books["unsent"], books["nonces"], books["balances"]) != (len(kept), 0, 0):
        raise DrillFailed(f"the books are wrong: {dict(books or {})}")
    return len(there)


def _games_at(server: Postgres) -> str:
    return server.url.removesuffix("/postgres") + "/fairground_games"


def _server(folder: Path, **options: str) -> Postgres:
    return Postgres(folder, password=PASSWORD, options={"wal_level": "replica", **options})
