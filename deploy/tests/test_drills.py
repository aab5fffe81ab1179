"""The drills of the runbook work, and would say so if they did not."""

import sys
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import Databases
from fairground_deploy.drills.failed import DrillFailed
from fairground_deploy.drills.ground import Ground
from fairground_deploy.drills.on_ground import DRILLS
from fairground_deploy.drills.restore import PLAYERS, ROUNDS, check_books, drill
from fairground_deploy.local.product import Product

HARMLESS = ("switch", "outbox", "poison", "rollback")
"""Drills that kill nothing, and so may take place on the product of all these suites. `make chaos` does every one."""


@pytest.fixture(scope="module")
def ground(product: Product) -> Ground:
    ground = Ground(product, say=partial(print, file=sys.stderr))
    ground.prepare()
    return ground


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_drill_goes_as_the_runbook_says(ground: Ground, name: str) -> None:
    await DRILLS[name](ground)


async def test_a_dropped_table_comes_back_as_it_was_at_a_moment(tmp_path: Path) -> None:
    found = await drill(tmp_path)
    assert (found.plays, found.undone) == (2 * PLAYERS * ROUNDS, PLAYERS * ROUNDS)


async def test_a_play_that_is_missing_fails_the_drill(databases: Databases) -> None:
    database: ServiceDatabase = databases.fresh("games")
    with pytest.raises(DrillFailed, match="1 plays are lost, 0 are there that were undone"):
        await check_books(database.owner_url, {uuid4()})


async def test_a_balance_that_is_wrong_fails_the_drill(databases: Databases) -> None:
    database: ServiceDatabase = databases.fresh("games")
    connection = await asyncpg.connect(database.owner_url)
    await connection.execute("INSERT INTO player SELECT 1, current_date, '{}', 5, 0, 'k', 's', 'default', 0, now()")
    await connection.close()
    with pytest.raises(DrillFailed, match="'balances': 1"):
        await check_books(database.owner_url, set())
