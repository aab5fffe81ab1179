"""A process whose database is not fit for work does not begin."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from pydantic import SecretStr

from fairground_common.db import require, require_database
from fairground_common.db.provision import ServiceDatabase
from fairground_common.exits import EXIT_DATABASE_UNUSABLE
from fairground_common.testing.databases import Databases
from fairground_common.testing.proxy import proxied

SETTING = "RANKING_DATABASE_URL"


@pytest.fixture
def migrated(make_database: Callable[[str], ServiceDatabase]) -> str:
    return make_database("ranking").app_url


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be less patient than with a real start."""
    monkeypatch.setattr(require, "START_SECONDS", 0.5)


async def requiring(url: str) -> None:
    """Call it as an entry point does: where no event loop runs yet."""
    await asyncio.to_thread(require_database, SETTING, SecretStr(url))


async def line_about(url: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        await requiring(url)
    said = capsys.readouterr()
    assert end.value.code == EXIT_DATABASE_UNUSABLE
    assert (said.out, said.err.count("\n")) == ("", 1)
    return said.err


async def test_the_app_role_of_a_migrated_database_is_let_through(migrated: str) -> None:
    await requiring(migrated)


async def test_no_connection_is_left_behind(databases: Databases) -> None:
    database = databases.fresh("ranking")
    await requiring(database.app_url)
    owner = await asyncpg.connect(database.owner_url)
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert await owner.fetchval(others) == 0
    await owner.close()


async def test_a_database_that_comes_up_a_moment_later_is_fine(migrated: str) -> None:
    async with proxied(migrated, 5432) as proxy:
        await proxy.refuse()
        waiting = asyncio.create_task(requiring(proxy.url(migrated)))
        await asyncio.wait({waiting}, timeout=2 * require.PAUSE_SECONDS)
        assert not waiting.done()
        await proxy.start()
        await waiting


@pytest.mark.usefixtures("short")
async def test_one_that_is_away_is_told_with_its_place(migrated: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = "127.0.0.1:1/fairground_ranking"
    said = await line_about(f"postgresql://ranking_app:hunter2@{place}", capsys)
    assert said == f"cannot use the database of {SETTING} ({place}): Connection refused\n"


@pytest.mark.usefixtures("short")
async def test_one_that_is_frozen_is_told(migrated: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with proxied(migrated, 5432) as proxy:
        proxy.freeze()
        assert "no answer in time" in await line_about(proxy.url(migrated), capsys)


@pytest.mark.usefixtures("short")
async def test_a_host_nobody_knows_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "(nowhere.invalid/x): " in await line_about("postgresql://nowhere.invalid/x", capsys)


async def test_a_refused_login_is_told_without_the_password(migrated: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = await line_about(migrated.replace("only-for-tests", "hunter2"), capsys)
    assert 'password authentication failed for user "ranking_app"' in said
    assert "hunter2" not in said


async def test_a_database_that_does_not_exist_is_told(migrated: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = await line_about(f"{migrated.rpartition('/')[0]}/nowhere", capsys)
    assert 'database "nowhere" does not exist' in said


@pytest.mark.parametrize(
    "undone",
    ["DROP TABLE alembic_version", "DELETE FROM alembic_version", "REVOKE ALL ON alembic_version FROM ranking_app"],
)
async def test_a_database_that_was_not_migrated_is_told_with_what_to_run(
    databases: Databases, capsys: pytest.CaptureFixture[str], undone: str
) -> None:
    database = databases.fresh("ranking")
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(undone)
    await owner.close()
    said = await line_about(database.app_url, capsys)
    assert "it has not been migrated; run: python -m fairground_common.db.migrate ranking" in said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hun/ter2@127.0.0.1:1/x",
        "postgresql://app:hun?ter2@127.0.0.1:1/x",
        "postgresql://app:hun#ter2@127.0.0.1:1/x",
        "postgresql://app:hun[ter2@127.0.0.1:1/x",
        "postgresql://app:hun%ter2@127.0.0.1:1/x",
        "postgresql://app:hun@ter2@127.0.0.1:1/x",
        "postgresql://127.0.0.1:1/x?user=app&password=hun@ter2",
        "postgresql://app@127.0.0.1:1/x?password=hunter2",
        "postgresql://app:hunter2@127.0.0.1:port/x",
        "postgresql://app:hunter2@127.0.0.1:1/x?sslmode=hunter2",
    ],
)
@pytest.mark.usefixtures("short")
async def test_no_address_gives_its_password_away(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = await line_about(url, capsys)
    assert "ter2" not in said
    assert "hun" not in said
