"""What the migrations let the games' own role do."""

import asyncpg
import pytest

from fairground_games.schema import metadata

WRITTEN_ONCE = {
    "audit_log": "created_at",
    "booked_grant": "booked_at",
    "game_activation": "activated_at",
    "game_outcome": "weight",
    "lottery_stock_event": "delta",
    "play": "reward",
    "revealed_seed_pair": "client_seed",
    "reward_ledger": "amount",
    "user_event_log": "created_at",
}
"""Tables, and a column of each."""


@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {column} = {column}", "TRUNCATE {}"])
async def test_the_app_may_not_change_what_is_written_once(pool: asyncpg.Pool, table: str, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(change.format(table, column=WRITTEN_ONCE[table]))


def test_every_table_that_is_written_once_is_tried() -> None:
    assert {name for name, table in metadata.tables.items() if table.info.get("append_only")} == set(WRITTEN_ONCE)
