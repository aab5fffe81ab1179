import datetime
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_common.testing import AsgiClient, TokenMint
from fairground_seasonpass.schema import metadata
from fairground_seasonpass.seasons.usecases import create_season

STATUS = "/api/season-pass/status"
Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]
DAY = datetime.timedelta(days=1)


async def test_a_new_player_stands_at_a_free_level_1_with_nothing_paid(
    publish: Any, player: AsgiClient, season_pass: Any, today: datetime.date
) -> None:
    season = await publish(xp_rules=[("DICE", "WIN", 5)])
    status = (await player.get(STATUS)).body
    assert status["season"] == {
        "id": season.id,
        "season_name": "Winter",
        "start_date": season.start_date.isoformat(),
        "end_date": season.end_date.isoformat(),
        "max_level": 3,
        "base_xp_per_stamp": 10,
        "xp_rules": [{"feature_type": "DICE", "outcome": "WIN", "xp": 5}],
        "phase": "ACTIVE",
        "claimable_until": (season.end_date + 7 * DAY).isoformat(),
    }
    assert status["progress"] == {
        "current_level": 1,
        "current_xp": 0,
        "total_stamps": 0,
        "last_stamp_date": None,
        "next_level_xp": 10,
    }
    assert status["levels"][0] == {
        "level": 1,
        "required_xp": 0,
        "reward": {"type": "POINT", "amount": 100},
        "auto_claim": True,
        "is_unlocked": True,
        "is_claimed": False,
        "delivery": None,
    }
    assert [level["is_unlocked"] for level in status["levels"]] == [True, False, False]
    assert status["today"] == {"date": today.isoformat(), "stamped": False}
    assert await season_pass.rewards() == []


async def test_a_player_sees_stamps_levels_and_rewards(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, today: datetime.date
) -> None:
    await publish()
    await deliver(a_play(reward_xp=15))
    status = (await player.get(STATUS)).body
    assert status["progress"] == {
        "current_level": 3,
        "current_xp": 25,
        "total_stamps": 1,
        "last_stamp_date": today.isoformat(),
        "next_level_xp": None,
    }
    assert [level["is_unlocked"] for level in status["levels"]] == [True, True, True]
    assert [level["is_claimed"] for level in status["levels"]] == [True, False, True]
    assert status["today"]["stamped"] is True


async def test_looking_never_changes_a_row(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, db: Db
) -> None:
    await publish()
    await deliver(a_play(1), a_play(2))

    async def everything() -> list[tuple[Any, ...]]:
        """Every version of every row."""
        versions = []
        async with db.read() as tx:
            for table in metadata.sorted_tables:
                rows = await tx.rows(text(f'SELECT ctid::text, xmin::text FROM "{table.name}" ORDER BY 1, 2'))
                versions += [(table.name, *row) for row in rows]
        return versions

    before = await everything()
    for path in (STATUS, "/api/season-pass/xp-history"):
        assert (await player.get(path)).status == 200
    assert await everything() == before


async def test_the_running_season_is_shown_unless_another_is_asked_for(
    publish: Any, player: AsgiClient, today: datetime.date, api: Any, token_mint: TokenMint
) -> None:
    first = await publish(end_date=today)
    second = await publish(start_date=today + DAY, end_date=today + 3 * DAY)
    assert (await player.get(STATUS)).body["season"]["id"] == first.id
    tomorrow = (await api(clock_offset_seconds=86_400)).signed(token_mint.headers(1))
    assert (await tomorrow.get(STATUS)).body["season"]["id"] == second.id
    asked = (await tomorrow.get(STATUS, query={"season_id": first.id})).body["season"]
    assert (asked["id"], asked["phase"]) == (first.id, "CLAIMING")


async def test_without_a_running_season_the_latest_claimable_one_is_shown(
    publish: Any, today: datetime.date, api: Any, token_mint: TokenMint
) -> None:
    season = await publish(end_date=today)
    claiming = (await api(clock_offset_seconds=7 * 86_400)).signed(token_mint.headers(1))
    shown = (await claiming.get(STATUS)).body["season"]
    assert (shown["id"], shown["phase"]) == (season.id, "CLAIMING")
    over = (await api(clock_offset_seconds=8 * 86_400)).signed(token_mint.headers(1))
    assert (await over.get(STATUS)).code == "NO_ACTIVE_SEASON"
    asked = (await over.get(STATUS, query={"season_id": season.id})).body["season"]
    assert asked["phase"] == "ENDED"


async def test_no_season_at_all_is_not_found(player: AsgiClient) -> None:
    answer = await player.get(STATUS)
    assert (answer.status, answer.code) == (404, "NO_ACTIVE_SEASON")


async def test_unknown_seasons_and_drafts_are_not_found(player: AsgiClient, a_season: Any, db: Db) -> None:
    async with db.begin() as tx:
        draft = await create_season(tx, draft=a_season(), by=900)
    for season_id in (draft.id, 4711, 0):
        answer = await player.get(STATUS, query={"season_id": season_id})
        assert (answer.status, answer.code) == (404, "SEASON_NOT_FOUND")
    assert (await player.get(STATUS, query={"season_id": "one"})).status == 422


async def test_the_status_needs_a_token(anybody: AsgiClient) -> None:
    assert (await anybody.get(STATUS)).status == 401
