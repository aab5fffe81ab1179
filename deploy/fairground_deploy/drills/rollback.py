"""A release is rolled back that has expanded games' schema: former code on a newer schema.

There is no newer code here. What stands for the next release is its migration, which adds a column and a table; today's
code is the former release that comes back.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from fairground_common.db import migrations
from fairground_common.db.provision import ServiceDatabase
from fairground_deploy.drills.failed import DrillFailed
from fairground_deploy.drills.ground import Ground
from fairground_deploy.drills.signs import Sign
from fairground_deploy.local.product import STOP_SECONDS

PLAYS = 20
SIGNS: tuple[Sign, ...] = ()
"""A rollback answers errors a release brought; which ones is not practised here."""
NEXT = "of_a_drill"
REVISION = "SELECT version_num FROM alembic_version"
EXPAND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{next}", "{head}", None, None


def upgrade() -> None:
    op.add_column("player", sa.Column("of_the_next_release", sa.Text(), nullable=True))
    op.create_table("next_release", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.execute("UPDATE player SET of_the_next_release = 'filled'")


def downgrade() -> None:
    op.drop_table("next_release")
    op.drop_column("player", "of_the_next_release")
"""


async def drill(ground: Ground) -> None:
    """Expand the schema of games, and go back to code that knows nothing of it. Raises DrillFailed."""
    assert ground.product.databases is not None, "the product runs"
    addresses = ground.product.databases.services["games"]
    await ground.play(1)
    ground.say("trouble: a release that has expanded the schema of games is bad")
    with _next_release(addresses.owner_url) as release:
        await asyncio.to_thread(command.upgrade, release, "head")
        await _refuses(ground, addresses)
        ground.say("step: its services are started all the same")
        await _start_again(ground)
        await ground.play(PLAYS)
        await ground.books_agree()
        ground.say("(what the drill has added is taken away; nobody migrates down on live data)")
        await asyncio.to_thread(command.downgrade, release, "-1")


async def _refuses(ground: Ground, addresses: ServiceDatabase) -> None:
    ground.say("step: the former release's migration refuses the newer schema and changes nothing")
    urls = {"GAMES_OWNER_DATABASE_URL": addresses.owner_url, "GAMES_DATABASE_URL": addresses.app_url}
    said = await ground.fairground("migrate", "games", may_fail=True, **urls)
    async with ground.database("games") as connection:
        if "Can't locate revision" not in said or await connection.fetchval(REVISION) != NEXT:
            raise DrillFailed(f"a schema that is newer than the code was not refused: {said}")


async def _start_again(ground: Ground) -> None:
    for name in ("games", "games-worker"):
        process = ground.product.processes[name]
        await asyncio.to_thread(process.stop, patience=STOP_SECONDS)
        await asyncio.to_thread(process.start)
        await ground.is_ready(name)


@contextmanager
def _next_release(owner_url: str) -> Iterator[Config]:
    """Yield migrations with a revision beside those there are."""
    config = migrations.config_of("games", owner_url)
    script = ScriptDirectory.from_config(config)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / f"{NEXT}.py").write_text(EXPAND.format(next=NEXT, head=script.get_current_head()))
        config.set_main_option("version_locations", os.pathsep.join([script.versions, name]))
        yield config
