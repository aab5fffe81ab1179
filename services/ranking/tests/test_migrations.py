from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from fairground_common.db import Db, migrations
from fairground_common.testing import Databases

WRITTEN_ONCE = {
    "audit_log": "created_at",
    "user_event_log": "created_at",
    "ranking_snapshot": "created_at",
    "ranking_daily": "display_name",
    "erased_player": "erased_at",
}
"""Tables, and a column of each."""


def test_models_and_migrations_agree(databases: Databases) -> None:
    database = databases.fresh("ranking")
    migrations.check("ranking", database.owner_url)


def test_the_head_is_reached_and_upgrading_again_changes_nothing(databases: Databases) -> None:
    database = databases.empty("ranking")
    assert migrations.upgrade("ranking", database.owner_url, database.app_role) == "20261130_0001"
    assert migrations.upgrade("ranking", database.owner_url, database.app_role) == "20261130_0001"


@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {column} = {column}", "TRUNCATE {}"])
async def test_the_app_may_not_change_what_is_written_once(db: Db, table: str, change: str) -> None:
    column = WRITTEN_ONCE[table]
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.begin() as tx:
            await tx.execute(text(change.format(table, column=column)))


async def test_the_app_may_not_change_the_schema(db: Db) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.begin() as tx:
            await tx.execute(text("CREATE TABLE extra (id int)"))


@pytest.mark.parametrize("moment", ["2001-01-01", "2999-01-01"])
async def test_the_log_takes_rows_no_month_covers(db: Db, moment: str) -> None:
    statement = text("INSERT INTO user_event_log (created_at, user_id, action, result) VALUES (:at, 1, 'TEST', '{}')")
    async with db.begin() as tx:
        await tx.execute(statement, {"at": datetime.fromisoformat(f"{moment}T00:00:00+00:00")})
        stored_in = text("SELECT tableoid::regclass::text FROM user_event_log")
        assert await tx.scalar(stored_in) == "user_event_log_default"
