"""Filling a product's databases with copies of players who have really played (``copies.py``), a day at a time."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench import servers
from bench.growth.copies import AUTH, GAMES, SEASONPASS, Copied
from bench.growth.statements import COLUMNS, MONTHS, MOVED, NEWCOMERS, STOCK, copy, keep_apart
from bench.say import say
from fairground_deploy.local.product import Product

DAYS = 30
"""Before today, over which copies have played: each of them on one."""
FIRST_ID = 1_000_000
"""Of the copies; players who sign up in a bench are far fewer."""
BYTES_A_PLAY, BYTES_TO_SPARE = 3_000, 5_000_000_000
"""On disk, of everything a play leaves in all databases, indexes included: 1.8 KB measured. The rest is for the WAL."""

TABLES = {"auth": AUTH, "games": GAMES, "seasonpass": SEASONPASS}


class NotPrivate(Exception):
    """The server is not one this bench has started: nothing is written to it."""


class NoRoom(Exception):
    """The disk is too small for so many plays."""


@dataclass(frozen=True, slots=True)
class Originals:
    """Players whose rows are copied."""

    ids: Sequence[int]
    second: int
    """Of the KST day, in which the first of them began."""


def require_room(folder: Path, plays: int) -> None:
    """Return when there is disk for so many plays. Raises NoRoom."""
    needed, free = plays * BYTES_A_PLAY + BYTES_TO_SPARE, shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(f"{plays:,} plays need {needed / 1e9:.0f} GB in {folder}, which has {free / 1e9:.0f} GB")


async def require_private(product: Product) -> None:
    """Return when all databases are on a server of the product's own folder. Raises NotPrivate."""
    postgres = product.parts.postgres
    if postgres is None or product.databases is None:
        raise NotPrivate("the databases are given by the environment")
    async with servers.connection(postgres.url) as connection:
        lies_in = await connection.fetchval("SHOW data_directory")
        here = set(await connection.fetch("SELECT datname FROM pg_database"))
    if not Path(lies_in).is_relative_to(product.data.root.absolute()):
        raise NotPrivate(f"the server's data lie in {lies_in}")
    names = {name for (name,) in here}
    for service in TABLES:
        url = product.databases.services[service].owner_url
        if f":{postgres.port}/" not in url or url.rsplit("/", 1)[1] not in names:
            raise NotPrivate(f"{service} has its database elsewhere")


async def fill(product: Product, originals: Originals, players: int) -> float:
    """Add so many players with what they played, and let PostgreSQL look at it; return the seconds that took."""
    await require_private(product)
    started = time.monotonic()
    assert product.databases is not None
    assert product.parts.postgres is not None
    urls = {service: product.databases.services[service].owner_url for service in TABLES}
    await asyncio.gather(*(_fill(service, url, originals, players) for service, url in urls.items()))
    async with servers.connection(product.parts.postgres.url) as connection:
        await connection.execute("CHECKPOINT")
    return time.monotonic() - started


async def _fill(service: str, url: str, originals: Originals, players: int) -> None:
    async with servers.connection(url) as connection:
        # Nothing here outlives the run, so no commit waits for the disk.
        await connection.execute("SET synchronous_commit = off; SET statement_timeout = 0")
        await connection.execute(MOVED)
        await connection.execute(MONTHS)
        statements = [await _prepared(connection, copied, originals.ids) for copied in TABLES[service]]
        for ago in range(DAYS, 0, -1):
            await _add_day(connection, statements, originals, players, ago)
            if ago % 5 == 1:
                say(f"    {service} is filled up to {ago} days ago")
        if service == "games":
            await connection.execute(STOCK)
        await connection.execute("VACUUM (ANALYZE, SKIP_DATABASE_STATS)")


async def _prepared(connection: asyncpg.Connection, copied: Copied, ids: Sequence[int]) -> str:
    """Put the originals' rows apart, and return the statement that copies them to the newcomers."""
    await connection.execute(keep_apart(copied), ids)
    columns = await connection.fetch(COLUMNS, copied.table, list(copied.differs))
    return copy(copied, [name for (name,) in columns])


async def _add_day(
    connection: asyncpg.Connection, statements: Sequence[str], originals: Originals, players: int, ago: int
) -> None:
    first, end = (players * day // DAYS for day in (DAYS - ago, DAYS - ago + 1))
    given = (originals.ids, ago, end - first, FIRST_ID, DAYS, originals.second)
    async with connection.transaction():
        await connection.execute(f"CREATE TEMP TABLE newcomer ON COMMIT DROP AS {NEWCOMERS}", *given)
        for statement in statements:
            await connection.execute(statement)


def ids_of_copies(players: int, count: int) -> list[int]:
    """Return the ids of so many copies, evenly among all."""
    ids = range(FIRST_ID + DAYS, FIRST_ID + players // DAYS * DAYS)
    return list(ids[:: max(1, len(ids) // count)])[:count]
