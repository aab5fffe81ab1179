"""A player's name leaves every ranking, and does not come back unnoticed."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient, TokenMint
from fairground_common.testing.contents import contents
from fairground_ranking.personal import usecases as personal
from fairground_ranking.personal.errors import PlayerErasedMeanwhile
from fairground_ranking.snapshots import usecases
from fairground_ranking.snapshots.rules import checked_entries, ranking_of

DAYS = ("2026-03-14", "2026-03-15")
ERASED, OTHER = 7, 8
ERASE = f"/api/admin/ranking/players/{ERASED}/erase"
NAMES = "SELECT display_name, count(*) FROM ranking_daily WHERE user_id = $1 GROUP BY 1"


@pytest.fixture
def admin(anybody: AsgiClient, token_mint: TokenMint) -> AsgiClient:
    return anybody.signed(token_mint.headers(901, "admin"))


@pytest_asyncio.fixture
async def owner(database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def ranked(operator: AsgiClient, an_entry: Any) -> None:
    """Rank both players on two days, in two versions each."""
    for day in DAYS:
        for score in (10, 20):
            entries = [
                an_entry(1, user_id=ERASED, display_name="Hanna Muster", score=score),
                an_entry(2, user_id=OTHER, display_name="Somebody else"),
            ]
            await operator.put(f"/api/admin/ranking/{day}", body={"entries": entries})


async def test_the_name_leaves_every_version_and_nothing_else_changes(
    admin: AsgiClient, owner: asyncpg.Connection, ranked: None
) -> None:
    rest = "SELECT date, version, rank, user_id, score FROM ranking_daily ORDER BY 1, 2, 3"
    hashes = "SELECT content_hash FROM ranking_snapshot ORDER BY date, version"
    before = [await owner.fetch(rest), await owner.fetch(hashes), await owner.fetch(NAMES, OTHER)]
    answer = await admin.post(ERASE)
    assert (answer.status, answer.body["erased"]) == (200, {"player": 1, "names": 4})
    assert [tuple(row) for row in await owner.fetch(NAMES, ERASED)] == [("erased", 4)]
    assert [await owner.fetch(rest), await owner.fetch(hashes), await owner.fetch(NAMES, OTHER)] == before


async def test_players_see_no_name_at_once_and_after_a_rollback(
    admin: AsgiClient, operator: AsgiClient, player: AsgiClient, ranked: None, state_schedule: Any, an_entry: Any
) -> None:
    await state_schedule()
    today = (await player.get("/api/ranking/today")).body["date"]
    for score in (1, 2):
        entries = [an_entry(1, user_id=ERASED, display_name="Hanna Muster", score=score)]
        await operator.put(f"/api/admin/ranking/{today}", body={"entries": entries})
    await admin.post(ERASE)
    for version in (1, 2):
        await operator.post(f"/api/admin/ranking/{today}/rollback", body={"version": version})
        [first] = (await player.get("/api/ranking/today")).body["top"]
        assert (first["display_name"], first["score"]) == ("erased", version)


@pytest.mark.parametrize("dry_run", ["true", "false"])
async def test_an_upload_that_names_an_erased_player_is_refused_by_row(
    admin: AsgiClient, operator: AsgiClient, an_entry: Any, owner: asyncpg.Connection, dry_run: str
) -> None:
    await admin.post(ERASE)
    before = await contents(owner)
    entries = [an_entry(1, user_id=OTHER), an_entry(2, user_id=ERASED, display_name="Hanna Muster")]
    refused = await operator.put(f"/api/admin/ranking/{DAYS[0]}", body={"entries": entries}, query={"dry_run": dry_run})
    assert (refused.status, refused.code) == (422, "INVALID_RANKING")
    [fault] = refused.body["errors"]
    assert (fault["loc"], "user_id 7 has been erased" in fault["msg"]) == (["entries", 1], True)
    assert await contents(owner) == before


async def test_the_same_rank_without_the_player_is_taken(
    admin: AsgiClient, operator: AsgiClient, an_entry: Any
) -> None:
    await admin.post(ERASE)
    taken = await operator.put(f"/api/admin/ranking/{DAYS[0]}", body={"entries": [an_entry(2, display_name="-")]})
    assert taken.status == 200


async def test_a_player_who_is_erased_during_an_upload_is_not_stored(db: Db) -> None:
    rows = [(("entries", 0), {"rank": 1, "user_id": ERASED, "display_name": "Hanna Muster", "score": 1})]
    ranking = ranking_of(checked_entries(rows))
    async with db.begin() as tx:
        await personal.erase_player(tx, by=1, user_id=ERASED)
    with pytest.raises(PlayerErasedMeanwhile):
        async with db.begin() as tx:
            await usecases.publish_ranking(tx, date=datetime.date(2026, 3, 14), ranking=ranking, by=1)


async def test_an_erasing_waits_for_the_upload_that_is_being_stored(db: Db, owner: asyncpg.Connection) -> None:
    rows = [(("entries", 0), {"rank": 1, "user_id": ERASED, "display_name": "Hanna Muster", "score": 1})]
    ranking = ranking_of(checked_entries(rows))

    async def erase() -> None:
        async with db.begin() as tx:
            assert (await personal.erase_player(tx, by=1, user_id=ERASED))["names"] == 1

    async with db.begin() as tx:
        await usecases.publish_ranking(tx, date=datetime.date(2026, 3, 14), ranking=ranking, by=1)
        erasing = asyncio.create_task(erase())
        while not await owner.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            assert not erasing.done()
            await asyncio.sleep(0)
    await erasing
    assert [tuple(row) for row in await owner.fetch(NAMES, ERASED)] == [("erased", 1)]


async def test_again_and_a_dry_run_change_nothing(admin: AsgiClient, owner: asyncpg.Connection, ranked: None) -> None:
    before = await contents(owner)
    told = await admin.post(ERASE, query={"dry_run": "true"})
    assert await contents(owner) == before
    done = await admin.post(ERASE)
    assert told.body["erased"] == done.body["erased"]
    before = await contents(owner)
    assert (await admin.post(ERASE)).body["erased"] == {"player": 0, "names": 0}
    assert await contents(owner) == before


async def test_who_erased_is_audited(admin: AsgiClient, ranked: None) -> None:
    await admin.post(ERASE, headers={"x-request-id": "r-1"})
    [act] = (await admin.get("/api/admin/ranking/audit", query={"action": "PLAYER_ERASED"})).body["items"]
    assert (act["user_id"], act["subject"], act["request_id"], act["after"]) == (
        901,
        f"user:{ERASED}",
        "r-1",
        {"player": 1, "names": 4},
    )


async def test_only_admins_erase(anybody: AsgiClient, player: AsgiClient, operator: AsgiClient) -> None:
    codes = [(await caller.post(ERASE)).code for caller in (anybody, player, operator)]
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]
