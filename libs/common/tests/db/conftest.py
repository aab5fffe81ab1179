"""A database with one table of kept answers, on the test server."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import Table

from fairground_common.db import Db, new_metadata
from fairground_common.db.idempotency import idempotency_table
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing.databases import Databases


@pytest.fixture
def table() -> Table:
    return idempotency_table(new_metadata())


@pytest.fixture
def database(databases: Databases) -> ServiceDatabase:
    return databases.empty("games")


@pytest.fixture
async def db(database: ServiceDatabase) -> AsyncIterator[Db]:
    connection = await asyncpg.connect(database.owner_url)
    await connection.execute(
        "CREATE TABLE idempotency (user_id bigint, route text, key text, request_hash bytea NOT NULL, answer text,"
        " created_at timestamptz NOT NULL, PRIMARY KEY (user_id, route, key));"
        "CREATE TABLE counter (value int NOT NULL); INSERT INTO counter VALUES (0);"
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO games_app"
    )
    await connection.close()
    opened = Db.connect(database.app_url, application="test")
    yield opened
    await opened.close()
