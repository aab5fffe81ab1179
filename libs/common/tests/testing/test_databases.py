"""Databases for tests."""

import asyncpg
import pytest

from fairground_common.testing import Databases


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


async def test_a_service_database_is_migrated(databases: Databases) -> None:
    assert "alembic_version" in await _tables(databases.shared("ranking").owner_url)


def test_the_shared_database_is_made_once(databases: Databases) -> None:
    assert databases.shared("ranking") == databases.shared("ranking")


async def test_a_fresh_database_is_a_migrated_one_of_its_own(databases: Databases) -> None:
    one, two = databases.fresh("ranking"), databases.fresh("ranking")
    assert one.app_url != two.app_url
    assert await _tables(one.owner_url) == await _tables(two.owner_url) != set()


async def test_an_empty_database_has_no_tables(databases: Databases) -> None:
    assert await _tables(databases.empty("ranking").owner_url) == set()


async def test_the_app_role_may_not_change_the_schema_of_a_copy(databases: Databases) -> None:
    connection = await asyncpg.connect(databases.fresh("ranking").app_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE mine (id int)")
    finally:
        await connection.close()


async def test_dropped_databases_are_gone(postgres: str) -> None:
    own = Databases(postgres)
    url = own.empty("ranking").owner_url
    own.drop_all()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
