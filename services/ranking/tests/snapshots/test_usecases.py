import datetime
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select, text

from fairground_common.db import Db
from fairground_ranking.schema import audit_log, user_event_log
from fairground_ranking.snapshots import usecases
from fairground_ranking.snapshots.errors import RankingVersionNotFound
from fairground_ranking.snapshots.models import ranking_daily, ranking_snapshot
from fairground_ranking.snapshots.repository import STANDINGS, read_standings
from fairground_ranking.snapshots.rules import BATCH, Ranking, Snapshot, checked_entries, ranking_of

DAY = datetime.date(2026, 3, 14)
OPERATOR = 900

Publish = Callable[[Ranking], Awaitable[Snapshot]]


def a_ranking(*scores: int) -> Ranking:
    """Entries by score; the user of rank n has id n."""
    rows = enumerate(scores, start=1)
    return ranking_of(
        checked_entries(
            (("entries", rank), {"rank": rank, "user_id": rank, "display_name": f"P{rank}", "score": score})
            for rank, score in rows
        )
    )


@pytest.fixture
def publish(db: Db) -> Publish:
    async def publish(ranking: Ranking) -> Snapshot:
        async with db.begin() as tx:
            return await usecases.publish_ranking(tx, date=DAY, ranking=ranking, by=OPERATOR)

    return publish


async def roll_back(db: Db, version: int) -> None:
    async with db.begin() as tx:
        await usecases.roll_back_ranking(tx, date=DAY, version=version, by=OPERATOR)


async def scores_shown(db: Db) -> list[int]:
    async with db.read() as tx:
        standings = await read_standings(tx, DAY, top=100, user_id=1)
    return [entry.score for entry in standings.top]


async def test_a_new_ranking_is_the_next_version_and_replaces_what_players_see(db: Db, publish: Publish) -> None:
    assert (await publish(a_ranking(30, 20))).version == 1
    assert await scores_shown(db) == [30, 20]
    assert (await publish(a_ranking(50))).version == 2
    assert await scores_shown(db) == [50]


async def test_the_same_content_twice_is_the_same_version(db: Db, publish: Publish) -> None:
    first, again = await publish(a_ranking(30, 20)), await publish(a_ranking(30, 20))
    assert first == again
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(ranking_snapshot)) == 1
        assert await tx.scalar(select(func.count()).select_from(ranking_daily)) == 2


async def test_earlier_content_uploaded_again_is_shown_as_the_version_it_was(db: Db, publish: Publish) -> None:
    await publish(a_ranking(30))
    await publish(a_ranking(50))
    assert (await publish(a_ranking(30))).version == 1
    assert await scores_shown(db) == [30]
    assert (await publish(a_ranking(70))).version == 3


async def test_an_empty_ranking_empties_the_day(db: Db, publish: Publish) -> None:
    await publish(a_ranking(30))
    assert (await publish(a_ranking())).entries == 0
    assert await scores_shown(db) == []


async def test_the_same_content_on_another_day_is_a_version_of_that_day(db: Db, publish: Publish) -> None:
    await publish(a_ranking(50))
    await publish(a_ranking(30))
    async with db.begin() as tx:
        other = await usecases.publish_ranking(
            tx, date=DAY + datetime.timedelta(days=1), ranking=a_ranking(30), by=OPERATOR
        )
    assert other.version == 1


async def test_a_ranking_of_several_batches_is_stored_whole(db: Db, publish: Publish) -> None:
    await publish(a_ranking(*range(2 * BATCH + 1)))
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(ranking_daily)) == 2 * BATCH + 1
        standings = await read_standings(tx, DAY, top=3, user_id=2 * BATCH + 1)
    assert [entry.rank for entry in standings.top] == [1, 2, 3]
    assert standings.me is not None
    assert (standings.me.score, standings.is_in_top) == (2 * BATCH, False)


async def test_rollback_shows_an_earlier_version_and_keeps_the_later_one(db: Db, publish: Publish) -> None:
    await publish(a_ranking(30))
    await publish(a_ranking(50))
    await roll_back(db, 1)
    assert await scores_shown(db) == [30]
    await roll_back(db, 2)
    assert await scores_shown(db) == [50]


async def test_rollback_to_a_version_that_never_was_is_refused(db: Db, publish: Publish) -> None:
    await publish(a_ranking(30))
    with pytest.raises(RankingVersionNotFound):
        await roll_back(db, 2)
    assert await scores_shown(db) == [30]


async def test_every_change_is_audited_with_before_and_after_and_no_change_is_not(db: Db, publish: Publish) -> None:
    await publish(a_ranking(30))
    await publish(a_ranking(30))
    await publish(a_ranking(50))
    await roll_back(db, 1)
    async with db.read() as tx:
        rows = await tx.rows(select(audit_log).order_by(audit_log.c.id))
    changes = [(row.action, row.before and row.before["version"], row.after["version"]) for row in rows]
    assert changes == [
        ("RANKING_PUBLISHED", None, 1),
        ("RANKING_PUBLISHED", 1, 2),
        ("RANKING_ROLLED_BACK", 2, 1),
    ]
    assert {(row.user_id, row.subject) for row in rows} == {(OPERATOR, f"ranking:{DAY}")}


async def test_a_change_stands_in_the_log_of_its_operator(db: Db, publish: Publish) -> None:
    await publish(a_ranking(30))
    async with db.read() as tx:
        (event,) = await tx.rows(select(user_event_log))
    assert (event.user_id, event.action, event.feature_type) == (OPERATOR, "RANKING_PUBLISHED", "RANKING")
    assert event.result["entries"] == 1


async def test_a_failure_after_the_entries_leaves_nothing_behind(db: Db, publish: Publish) -> None:
    await publish(a_ranking(30))

    async def fail_before_commit() -> None:
        async with db.begin() as tx:
            await usecases.publish_ranking(tx, date=DAY, ranking=a_ranking(50, 40), by=OPERATOR)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await fail_before_commit()
    assert await scores_shown(db) == [30]
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(ranking_daily)) == 1
        assert await tx.scalar(select(func.count()).select_from(audit_log)) == 1


async def test_reading_scans_and_sorts_nothing(db: Db, publish: Publish) -> None:
    await publish(a_ranking(*range(5000)))
    asked = text(f"EXPLAIN {STANDINGS}")
    async with db.read() as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(row[0] for row in await tx.rows(asked, {"day": DAY, "top": 10, "me": 4000}))
    assert "pk_ranking_daily" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan
