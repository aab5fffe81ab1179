"""What a batch costs the database: statements whose number does not grow with the batch."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, text

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import eventually
from fairground_seasonpass.plays.consumers import play_settled

Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]

LOOK = ["BEGIN", "SELECT transaction_timestamp()", "SELECT season_pass_xp_log.event_id", "SELECT season_pass_config.id"]
COUNT = ["INSERT INTO season_pass_stamp_log", "WITH line"]
GIVE = ["WITH owed", "INSERT INTO outbox"]
LOG = ["INSERT INTO user_event_log", "COMMIT"]

GROWING = [f"season_pass_{name}" for name in ("xp_log", "progress", "stamp_log", "reward_log", "delivery")]
COUNTS = text("SELECT relname, seq_tup_read, n_tup_ins FROM pg_stat_user_tables")


@contextmanager
def counted(db: Db) -> Iterator[list[str]]:
    """Collect the statements that run inside the block."""
    seen: list[str] = []
    listeners: dict[str, Callable[..., None]] = {
        "begin": lambda _: seen.append("BEGIN"),
        "before_cursor_execute": lambda *call: seen.append(" ".join(call[2].split())),
        "commit": lambda _: seen.append("COMMIT"),
    }
    engine = db._engine.sync_engine
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    yield seen
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def assert_begin_as(statements: list[str], beginnings: list[str]) -> None:
    assert len(statements) == len(beginnings), statements
    for statement, beginning in zip(statements, beginnings, strict=True):
        assert statement.startswith(beginning), statements


@pytest.mark.parametrize("players", [1, 200, 1000])
async def test_new_players_who_rise_and_are_paid_are_ten_statements(
    publish: Any, deliver: Deliver, a_play: Build, db: Db, players: int
) -> None:
    await publish()
    with counted(db) as statements:
        await deliver(*(a_play(user_id) for user_id in range(players)))
    assert_begin_as(statements, [*LOOK, *COUNT, *GIVE, *LOG])


async def test_players_who_only_gain_xp_are_seven_statements(
    publish: Any, deliver: Deliver, a_play: Build, db: Db
) -> None:
    await publish()
    await deliver(*(a_play(user_id) for user_id in range(200)))
    with counted(db) as statements:
        await deliver(*(a_play(user_id, reward_xp=1) for user_id in range(200)))
    assert_begin_as(statements, [*LOOK, *COUNT, "COMMIT"])


async def test_plays_of_a_day_without_a_season_are_seven_statements(deliver: Deliver, a_play: Build, db: Db) -> None:
    with counted(db) as statements:
        await deliver(*(a_play(user_id) for user_id in range(200)))
    assert_begin_as(
        statements, [*LOOK, "INSERT INTO season_pass_xp_log", "INSERT INTO season_pass_waiting_play", "COMMIT"]
    )


async def test_a_batch_delivered_again_is_one_look(publish: Any, deliver: Deliver, a_play: Build, db: Db) -> None:
    await publish()
    plays = [a_play(user_id) for user_id in range(200)]
    await deliver(*plays)
    with counted(db) as statements:
        await deliver(*plays)
    assert_begin_as(statements, [*LOOK[:3], "COMMIT"])


async def test_what_a_batch_reads_does_not_grow_with_the_tables(
    publish: Any, a_play: Build, db: Db, database: ServiceDatabase
) -> None:
    """A connection keeps the plans it makes while PostgreSQL knows of empty tables: they must do for full ones."""
    await publish()
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(f"VACUUM (ANALYZE) {', '.join(GROWING)}")
    await owner.close()
    worker = Db.connect(database.app_url, application="seasonpass-worker", pool_size=1)
    for players in (range(10), range(10, 500), range(500, 1000), range(1000, 1500)):
        await play_settled(worker)([a_play(user_id) for user_id in players])
    await worker.close()

    async def rows_read() -> int:
        async with db.read() as tx:
            counts = {row.relname: row for row in await tx.rows(COUNTS)}
        assert counts["season_pass_delivery"].n_tup_ins == 1500, "the closed connection has not told its counts yet"
        return sum(row.seq_tup_read for row in counts.values())

    assert await eventually(rows_read) < 10 * 1500
