"""Every migration can be taken back and done again: what a developer does before it is released."""

import asyncio

import asyncpg
import pytest
from alembic import command

from fairground_common.db import migrations
from fairground_common.testing import Databases
from fairground_deploy.services import DATABASE_SERVICES

LEFT = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic_version%'
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


@pytest.mark.parametrize("service", DATABASE_SERVICES)
async def test_all_migrations_of_a_service_go_down_and_up_again(databases: Databases, service: str) -> None:
    database = databases.fresh(service)
    await asyncio.to_thread(command.downgrade, migrations.config_of(service, database.owner_url), "base")
    connection = await asyncpg.connect(database.owner_url)
    left = await connection.fetch(LEFT)
    await connection.close()
    assert left == [], "a former schema would not be what its own migration makes"
    await asyncio.to_thread(migrations.upgrade, service, database.owner_url, database.app_role)
    await asyncio.to_thread(migrations.check, service, database.owner_url)
