import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from fairground_common.db import Db, migrations
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import Databases


def test_models_and_migrations_agree(databases: Databases) -> None:
    migrations.check("auth", databases.fresh("auth").owner_url)


def test_the_head_is_reached_and_upgrading_again_changes_nothing(databases: Databases) -> None:
    database = databases.empty("auth")
    for _ in range(2):
        assert migrations.upgrade("auth", database.owner_url, database.app_role) == "20261130_0001"


@pytest.mark.parametrize("table", ["audit_log", "user_event_log"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET created_at = created_at", "TRUNCATE {}"])
async def test_the_app_may_not_change_what_is_written_once(database: ServiceDatabase, table: str, change: str) -> None:
    db = Db.connect(database.app_url, application="auth-tests")
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.begin() as tx:
            await tx.execute(text(change.format(table)))
    await db.close()
