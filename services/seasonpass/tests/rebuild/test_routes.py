"""Progress is what the logs add up to; where it is not, that is found and mended."""

import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_common.testing import AsgiClient
from fairground_common.testing.contents import contents
from fairground_seasonpass.plays.usecases import count_waiting_plays_for

Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]
Look = Callable[..., Awaitable[list[dict[str, Any]]]]
BreakRow = Callable[[str], Awaitable[None]]


@pytest.fixture
async def season(publish: Any, deliver: Deliver, a_play: Build) -> Any:
    """Return a season in which players 1 and 2 have 25 XP, stand at level 3 and were paid levels 1 and 3."""
    season = await publish()
    await deliver(a_play(1, reward_xp=15), a_play(2, reward_xp=15))
    return season


async def test_nothing_differs_after_plays_check_ins_claims_and_late_plays(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, state_schedule: Any, look: Look, db: Db
) -> None:
    await deliver(a_play(7, reward_xp=5))
    season = await publish(xp_rules=[("ROULETTE", "HIT", 2)])
    await state_schedule()
    await player.post("/api/season-pass/stamp")
    await deliver(a_play(1, reward_xp=15), a_play(2), a_play(2), a_play(3, day=season.start_date))
    await player.post("/api/season-pass/claim-all")
    await count_waiting_plays_for(db, seconds=5)
    assert await look(season) == []


@pytest.mark.parametrize(
    ("change", "field", "found"),
    [
        ("current_xp = 999", "current_xp", 999),
        ("current_level = 1", "current_level", 1),
        ("current_level = 9", "current_level", 9),
        ("total_stamps = 4", "total_stamps", 4),
        ("last_stamp_date = NULL", "last_stamp_date", None),
    ],
)
async def test_a_row_broken_by_hand_is_found_and_mended(
    season: Any,
    look: Look,
    mend: Look,
    break_row: BreakRow,
    owner: asyncpg.Connection,
    today: datetime.date,
    change: str,
    field: str,
    found: Any,
) -> None:
    before = await owner.fetch("SELECT user_id, current_xp, current_level FROM season_pass_progress ORDER BY user_id")
    await break_row(change)
    right = {"current_xp": 25, "current_level": 3, "total_stamps": 1, "last_stamp_date": today.isoformat()}
    difference = {
        "user_id": 1,
        "stored": right | {field: found},
        "computed": right,
        "unpaid_levels": [],
        "unearned_levels": [],
        "ledger_stamps": 1,
        "is_mendable": True,
    }
    assert await look(season) == [difference]
    assert await mend(season) == [difference]
    assert await look(season) == []
    assert await mend(season) == []
    after = await owner.fetch("SELECT user_id, current_xp, current_level FROM season_pass_progress ORDER BY user_id")
    assert after == before


async def test_looking_changes_nothing(
    season: Any, look: Look, break_row: BreakRow, owner: asyncpg.Connection, broken_by_hand: None
) -> None:
    await break_row("current_xp = 999")
    before = await contents(owner)
    assert len(await look(season)) == 1
    assert await contents(owner) == before


async def test_a_row_that_is_gone_is_made_and_one_without_logs_is_removed(
    season: Any, look: Look, mend: Look, owner: asyncpg.Connection, season_pass: Any
) -> None:
    await owner.execute("DELETE FROM season_pass_progress WHERE user_id = 1")
    await owner.execute(
        "INSERT INTO season_pass_progress (user_id, season_id, current_xp, current_level, total_stamps, updated_at)"
        f" VALUES (9, {season.id}, 500, 3, 0, now())"
    )
    found = await look(season)
    assert [(each["user_id"], each["stored"] is None, each["computed"] is None) for each in found] == [
        (1, True, False),
        (9, False, True),
    ]
    assert await mend(season) == found
    assert await look(season) == []
    assert await season_pass.progress(1) == (25, 3, 1)
    assert await season_pass.progress(9) is None


async def test_an_automatic_level_that_was_never_paid_is_paid_once(
    season: Any, look: Look, mend: Look, owner: asyncpg.Connection, season_pass: Any, sent: Any
) -> None:
    told = len(await sent())
    await owner.execute("WITH lost AS (DELETE FROM season_pass_delivery RETURNING grant_id) SELECT count(*) FROM lost")
    await owner.execute("DELETE FROM season_pass_reward_log WHERE user_id = 1 AND level = 3")
    [found] = await look(season)
    assert (found["unpaid_levels"], found["stored"] == found["computed"]) == ([3], True)
    await mend(season)
    await mend(season)
    assert await look(season) == []
    assert await season_pass.rewards() == [1, 3]
    assert [(event.user_id, event.level) for event in (await sent())[told:]] == [(1, 3)]


async def test_the_next_gain_after_a_rebuild_pays_the_next_level(
    publish: Any, deliver: Deliver, a_play: Build, mend: Look, break_row: BreakRow, season_pass: Any
) -> None:
    season = await publish(((0, True), (10, True), (15, True), (30, True)))
    await deliver(a_play())
    await break_row("current_level = 4, current_xp = 30")
    await deliver(a_play(reward_xp=5))
    assert await season_pass.rewards() == [1, 2], "the broken level hid the third"
    await mend(season)
    assert await season_pass.progress() == (15, 3, 1)
    assert await season_pass.rewards() == [1, 2, 3]
    await deliver(a_play(reward_xp=15))
    assert await season_pass.rewards() == [1, 2, 3, 4]


async def test_what_was_given_without_xp_is_told_and_not_taken_back(
    season: Any, look: Look, mend: Look, owner: asyncpg.Connection, broken_by_hand: None
) -> None:
    await owner.execute(
        "INSERT INTO season_pass_reward_log (user_id, season_id, level, grant_id, reward, auto_claim, granted_at)"
        f" VALUES (5, {season.id}, 2, gen_random_uuid(), '{{}}', false, now())"
    )
    for differs in (await look(season), await mend(season), await look(season)):
        assert [(each["user_id"], each["unearned_levels"], each["is_mendable"]) for each in differs] == [
            (5, [2], False)
        ]
    assert await owner.fetchval("SELECT count(*) FROM season_pass_progress") == 2
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'PROGRESS_REBUILT'") == 0


async def test_logs_that_disagree_are_told_and_left_as_they_are(
    season: Any, look: Look, mend: Look, owner: asyncpg.Connection, broken_by_hand: None
) -> None:
    await owner.execute("DELETE FROM season_pass_stamp_log WHERE user_id = 1")
    [found] = await mend(season)
    assert (found["stored"]["total_stamps"], found["computed"]["total_stamps"], found["ledger_stamps"]) == (1, 0, 1)
    [left] = await look(season)
    assert left["stored"] == left["computed"]
    assert not left["is_mendable"]


async def test_an_event_whose_ledger_line_was_pruned_brings_no_second_stamp_and_no_second_reward(
    season: Any, deliver: Deliver, a_play: Build, look: Look, mend: Look, owner: asyncpg.Connection, season_pass: Any
) -> None:
    play = a_play(3, reward_xp=15)
    await deliver(play)
    await owner.execute("DELETE FROM season_pass_xp_log WHERE user_id = 3")
    await deliver(play)
    assert await season_pass.rewards(3) == [1, 3]
    assert (await season_pass.progress(3))[2] == 1
    [found] = await look(season)
    assert found["computed"]["current_xp"] == 15, "the second line has no stamp"
    await owner.execute("UPDATE season_pass_xp_log SET xp = 25, stamp = true WHERE user_id = 3")
    await mend(season)
    assert await season_pass.progress(3) == (25, 3, 1)


async def test_pages_cover_every_player_once(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, admin: AsgiClient, owner: asyncpg.Connection
) -> None:
    season = await publish()
    await deliver(*(a_play(user_id) for user_id in range(1, 8)))
    await owner.execute("UPDATE season_pass_progress SET current_xp = 0 WHERE user_id IN (2, 3, 7)")
    for caller, method in ((operator, "GET"), (admin, "POST")):
        found, checked, query = [], 0, {"limit": 3}
        while True:
            page = (
                await caller.request(method, f"/api/admin/seasonpass/seasons/{season.id}/rebuild", query=query)
            ).body
            checked += page["checked"]
            found += [item["user_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert (checked, found) == (7, [2, 3, 7])


async def test_a_rebuild_is_audited_with_what_was_wrong(
    season: Any, mend: Look, break_row: BreakRow, admin: AsgiClient
) -> None:
    await break_row("current_xp = 999")
    await mend(season)
    await mend(season)
    acts = (await admin.get("/api/admin/seasonpass/audit", query={"action": "PROGRESS_REBUILT"})).body["items"]
    [act] = acts
    assert (act["user_id"], act["subject"]) == (900, f"season:{season.id}")
    assert [(each["user_id"], each["progress"]["current_xp"]) for each in act["before"]] == [(1, 999)]
    assert [(each["user_id"], each["progress"]["current_xp"]) for each in act["after"]] == [(1, 25)]


async def test_operators_look_and_only_admins_mend(
    season: Any, anybody: AsgiClient, player: AsgiClient, operator: AsgiClient
) -> None:
    path = f"/api/admin/seasonpass/seasons/{season.id}/rebuild"
    assert [(await caller.get(path)).status for caller in (anybody, player, operator)] == [401, 403, 200]
    assert [(await caller.post(path)).status for caller in (anybody, player, operator)] == [401, 403, 403]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 5001}, {"cursor": "x"}, {"cursor": "WzAuNV0"}])
async def test_a_wrong_parameter_is_refused(season: Any, operator: AsgiClient, query: dict[str, Any]) -> None:
    path = f"/api/admin/seasonpass/seasons/{season.id}/rebuild"
    assert (await operator.get(path, query=query)).code == "VALIDATION_FAILED"


async def test_an_unknown_season_is_not_found(operator: AsgiClient, admin: AsgiClient) -> None:
    path = "/api/admin/seasonpass/seasons/4711/rebuild"
    assert [(await operator.get(path)).code, (await admin.post(path)).code] == ["SEASON_NOT_FOUND"] * 2
