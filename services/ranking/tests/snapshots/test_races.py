"""Two operators at once, and readers in between."""

import asyncio
import datetime

import pytest
from sqlalchemy import func, select, text

from fairground_common.db import Db
from fairground_ranking.snapshots import usecases
from fairground_ranking.snapshots.errors import RankingUploadInProgress
from fairground_ranking.snapshots.models import ranking_snapshot
from fairground_ranking.snapshots.repository import LOCK_SPACE, SnapshotRepository, read_standings
from fairground_ranking.snapshots.rules import Ranking, Snapshot, checked_ranking

DAY = datetime.date(2026, 3, 14)
PLACES = 20


def a_ranking_of(score: int) -> Ranking:
    """A ranking in which everybody has the same score, so that a mix of two would show."""
    return checked_ranking(
        (("entries", rank), {"rank": rank, "user_id": rank, "display_name": "x", "score": score})
        for rank in range(1, PLACES + 1)
    )


async def publish(db: Db, score: int) -> Snapshot:
    async with db.begin() as tx:
        return await usecases.publish_ranking(tx, date=DAY, ranking=a_ranking_of(score), by=1)


async def test_uploads_at_once_get_versions_of_their_own(db: Db) -> None:
    published = await asyncio.gather(*(publish(db, score) for score in range(6)))
    assert sorted(snapshot.version for snapshot in published) == [1, 2, 3, 4, 5, 6]


async def test_the_same_upload_at_once_is_one_version(db: Db) -> None:
    published = await asyncio.gather(*(publish(db, 7) for _ in range(6)))
    assert {snapshot.version for snapshot in published} == {1}
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(ranking_snapshot)) == 1


async def test_readers_see_the_old_ranking_or_the_new_one_and_never_a_mix(db: Db) -> None:
    await publish(db, 0)
    uploads = asyncio.gather(*(publish(db, score) for score in range(1, 8)))
    seen: set[tuple[int, ...]] = set()
    while not uploads.done():
        async with db.read() as tx:
            standings = await read_standings(tx, DAY, top=100, user_id=1)
        assert standings.me is not None
        assert len(standings.top) == PLACES
        seen.add(tuple({entry.score for entry in (*standings.top, standings.me)}))
    await uploads
    assert all(len(scores) == 1 for scores in seen), seen


async def test_an_upload_that_waits_too_long_is_told_so(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairground_ranking.snapshots.repository.LOCK_WAIT", "50ms")
    async with db.begin() as holder:
        await SnapshotRepository(holder).lock_day(DAY)
        with pytest.raises(RankingUploadInProgress) as refused:
            await publish(db, 1)
    assert refused.value.retry_after
    assert (await publish(db, 1)).version == 1


async def test_days_do_not_wait_for_each_other(db: Db) -> None:
    async with db.begin() as holder:
        other = DAY + datetime.timedelta(days=1)
        await holder.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_SPACE}, {other.toordinal()})"))
        assert (await publish(db, 1)).version == 1
