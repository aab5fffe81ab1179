"""PostgreSQL's own limit: pgbench runs one play's statements on the same server, in a database of its own."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from fairground_common.db import migrations
from fairground_common.db.provision import provision
from fairground_common.embedded.postgres import program

DATABASE = "bench_statements"
SCRIPTS = Path(__file__).with_name("sql")

_SCENE = """
INSERT INTO game_config (game, version, name, max_daily, state, canonical, sha256, created_by, created_at)
    VALUES ('roulette', 1, 'Wheel', 0, 'ACTIVE', '{}', '', 1, now());
INSERT INTO feature_schedule (date, feature_type, is_active, updated_at)
    VALUES ((now() AT TIME ZONE 'Asia/Seoul')::date, 'ROULETTE', true, now());
INSERT INTO player (user_id, day, used, balance, pair, key_id, client_seed, client_seed_source, nonce, updated_at)
    SELECT n, '2026-12-24', '{}', 0, 0, 'bench', 'player', 'default', 0, now() FROM generate_series(1, 500) AS n;
"""


@asynccontextmanager
async def plays_database(superuser_url: str) -> AsyncIterator[str]:
    """Make a games database with 500 players who may play roulette today; yield its URL and drop it afterwards."""
    connection = await asyncpg.connect(superuser_url)
    await connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    passwords = {"owner_password": "bench-owner", "app_password": "bench-app"}
    # Roles are the product's own; a database of another service's name keeps their passwords out of this.
    database = await provision(superuser_url, service="bench", database=DATABASE, **passwords)
    await asyncio.to_thread(migrations.upgrade, "games", database.owner_url, database.app_role)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(_SCENE)
    await owner.close()
    try:
        yield database.owner_url
    finally:
        await connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        await connection.close()


async def statements_of_a_play(url: str, *, clients: int, seconds: int) -> dict[str, float]:
    """Return plays/s of pgbench: as round trips, and as one statement."""
    return {
        name: await asyncio.to_thread(_run, url, SCRIPTS / f"{name}.sql", clients, seconds)
        for name in ("round_trips", "one_statement")
    }


def _run(url: str, script: Path, clients: int, seconds: int) -> float:
    command = [program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)]
    ran = subprocess.run([*command, "-f", str(script), url], check=True, capture_output=True, text=True)
    found = re.search(r"^tps = ([0-9.]+)", ran.stdout, re.MULTILINE)
    assert found is not None, ran.stdout
    return float(found[1])
