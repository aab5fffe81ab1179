"""The one-shot that makes and migrates a service's database."""

import asyncio
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from fairground_common.db import migrations
from fairground_common.db.migrate import DatabaseRefused, SettingMissing, migrate
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import Databases, eventually


def addresses(postgres: str, database: str, password: str = "only-for-tests") -> dict[str, str]:
    """Return the settings of a ranking database that does not exist yet."""
    where = urlsplit(postgres)

    def url(role: str) -> str:
        netloc = f"{role}:{password}@{where.hostname}:{where.port}"
        return urlunsplit(("postgresql", netloc, f"/{database}", "", ""))

    return {
        "RANKING_SUPERUSER_DATABASE_URL": postgres,
        "RANKING_OWNER_DATABASE_URL": url("ranking_owner"),
        "RANKING_DATABASE_URL": url("ranking_app"),
    }


def run(settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "fairground_common.db.migrate", "ranking"]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)


def test_it_makes_roles_database_and_schema_and_again_changes_nothing(postgres: str, databases: Databases) -> None:
    databases.empty("ranking")  # the roles keep the password every test uses
    settings = addresses(postgres, "ranking_made_by_migrate")
    first, second = run(settings), run(settings)
    assert (first.returncode, first.stdout) == (0, "ranking 20261130_0001\n"), first.stderr
    assert (second.returncode, second.stdout) == (0, first.stdout)


def test_without_a_superuser_nothing_is_made(postgres: str) -> None:
    settings = addresses(postgres, "ranking_nobody_made")
    del settings["RANKING_SUPERUSER_DATABASE_URL"]
    refused = run(settings)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "ranking_nobody_made" in refused.stderr
    assert "only-for-tests" not in refused.stderr


def test_a_revision_from_the_future_is_one_line_and_nothing_is_changed(databases: Databases) -> None:
    database = databases.fresh("ranking")
    settings = {"RANKING_OWNER_DATABASE_URL": database.owner_url, "RANKING_DATABASE_URL": database.app_url}
    asyncio.run(execute(database.owner_url, "UPDATE alembic_version SET version_num = '20991231_0001'"))
    refused = run(settings)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "20991231_0001" in refused.stderr


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("missing", ["RANKING_OWNER_DATABASE_URL", "RANKING_DATABASE_URL"])
def test_a_missing_address_is_named(missing: str) -> None:
    settings = addresses("postgresql://nobody@127.0.0.1:1/none", "none")
    del settings[missing]
    with pytest.raises(SettingMissing, match=missing):
        migrate("ranking", settings)
    refused = run(settings)
    assert (refused.returncode, refused.stderr) == (2, f"bad setting {missing}: it is not set\n")


def test_a_database_that_is_away_is_a_refusal_without_the_password() -> None:
    with pytest.raises(DatabaseRefused) as refused:
        migrate("ranking", addresses("postgresql://nobody@127.0.0.1:1/none", "none"))
    assert "127.0.0.1" in str(refused.value)
    assert "only-for-tests" not in str(refused.value)


WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a migration wait for locks, and give way, for moments only."""
    monkeypatch.setattr(migrations, "LOCK_MILLISECONDS", "400")
    monkeypatch.setattr(migrations, "GIVE_WAY_SECONDS", 0.01)


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_migration_that_meets_a_held_table_gives_way_and_tries_again(databases: Databases) -> None:
    database = databases.fresh("ranking")
    holder, watcher = await asyncpg.connect(database.owner_url), await asyncpg.connect(database.owner_url)
    tries: set[int] = set()

    async def has_tried_twice() -> bool:
        tries.update(row["pid"] for row in await watcher.fetch(WAITING))
        return len(tries) > 1

    async with holder.transaction():
        await holder.execute("LOCK TABLE alembic_version")
        running = asyncio.create_task(_upgraded(database))
        await eventually(has_tried_twice, every=0.01)
    assert await running == "20261130_0001"
    await holder.close()
    await watcher.close()


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_table_that_stays_held_ends_a_migration_with_an_error(databases: Databases) -> None:
    database = databases.fresh("ranking")
    holder = await asyncpg.connect(database.owner_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE alembic_version")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await _upgraded(database)
    await holder.close()


async def _upgraded(database: ServiceDatabase) -> str:
    return await asyncio.to_thread(migrations.upgrade, "ranking", database.owner_url, database.app_role)
