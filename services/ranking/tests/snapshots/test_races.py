"""Two operators at once, and readers in between."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import func, select, text

from fairground_common.db import Db
from fairground_common.testing import AsgiClient, TokenMint
from fairground_ranking.app import create_app
from fairground_ranking.settings import ApiSettings
from fairground_ranking.snapshots import routes, usecases
from fairground_ranking.snapshots.errors import RankingUploadInProgress
from fairground_ranking.snapshots.models import ranking_snapshot
from fairground_ranking.snapshots.repository import LOCK_SPACE, SnapshotRepository, read_standings
from fairground_ranking.snapshots.rules import Ranking, Snapshot, checked_entries, ranking_of

DAY = datetime.date(2026, 3, 14)
PLACES = 20


def a_ranking_of(score: int) -> Ranking:
    """A ranking in which everybody has the same score, so that a mix of two would show."""
    return ranking_of(
        checked_entries(
            (("entries", rank), {"rank": rank, "user_id": rank, "display_name": "x", "score": score})
            for rank in range(1, PLACES + 1)
        )
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


async def test_an_upload_that_waits_too_long_is_told_so_before_the_database_gives_up(db: Db) -> None:
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


async def test_an_upload_waits_for_its_turn_in_the_process_and_not_for_ever(
    settings: ApiSettings, token_mint: TokenMint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "TURN_SECONDS", 0.05)
    app = create_app(settings)
    async with AsgiClient.running(app) as client:
        operator = client.signed(token_mint.headers(900, "operator"))
        async with app.state.uploads:
            answer = await operator.put(f"/api/admin/ranking/{DAY}", body={"entries": []})
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (409, "RANKING_UPLOAD_IN_PROGRESS", "5")
        assert (await operator.put(f"/api/admin/ranking/{DAY}", body={"entries": []})).status == 200


@pytest.fixture
async def two_processes(settings: ApiSettings, token_mint: TokenMint) -> AsyncIterator[list[AsgiClient]]:
    """Yield two of the ranking's APIs on one database, as an operator calls them; every day is a ranking's."""
    everyday = settings.model_copy(update={"test_mode": True})
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(AsgiClient.running(create_app(everyday))) for _ in range(2)]
        yield [client.signed(token_mint.headers(900, "operator")) for client in clients]


def entries_of(score: int) -> dict[str, Any]:
    return {"entries": [{"rank": 1, "user_id": 900, "display_name": "x", "score": score}]}


async def test_what_one_process_has_stored_every_other_shows_at_once(
    two_processes: list[AsgiClient], state_schedule: Any, today: datetime.date
) -> None:
    await state_schedule()
    one, other = two_processes
    for score in range(5):
        await one.put(f"/api/admin/ranking/{today}", body=entries_of(score))
        shown = await other.get("/api/ranking/today")
        assert (shown.body["top"][0]["score"], shown.body["me"]["score"]) == (score, score)
        one, other = other, one


async def test_uploads_over_two_processes_are_stored_one_after_the_other(
    two_processes: list[AsgiClient], state_schedule: Any, today: datetime.date
) -> None:
    await state_schedule()
    path = f"/api/admin/ranking/{today}"
    answers = await asyncio.gather(
        *(client.put(path, body=entries_of(score)) for score in range(3) for client in two_processes)
    )
    assert {answer.status for answer in answers} == {200}
    assert sorted({answer.body["version"] for answer in answers}) == [1, 2, 3], "the same content, the same version"
    items = (await two_processes[0].get(f"{path}/versions")).body["items"]
    assert [item["is_published"] for item in items].count(True) == 1
