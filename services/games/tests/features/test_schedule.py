"""Operators plan the days, admins change features; every change is audited and told to the other services."""

import asyncio
import datetime
import json
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import FeatureDay, FeatureDaysChanged
from fairground_common.db import Db
from fairground_common.testing import Answer, AsgiClient
from fairground_games.features.usecases import state_feature_days

Put = Callable[..., Awaitable[Answer]]
Stated = Callable[[], Awaitable[list[FeatureDaysChanged]]]

SCHEDULE = "/api/admin/feature-schedule"
FEATURE = {"title": "Wheel of fortune", "page_path": "/wheel", "is_enabled": False}


async def audited(owner: asyncpg.Connection) -> list[tuple[object, ...]]:
    rows = await owner.fetch("SELECT user_id, action, subject, before, after FROM audit_log ORDER BY id")
    return [(*row[:3], *(value and json.loads(value) for value in row[3:])) for row in rows]


async def test_a_day_is_scheduled_changed_listed_and_cleared_once(
    operator: AsgiClient, schedule_day: Put, today: datetime.date
) -> None:
    item = {"date": str(today), "feature_type": "DICE", "is_active": True}
    first = await schedule_day(today, "DICE")
    assert (first.status, first.body) == (200, item)
    assert (await schedule_day(today, "LOTTERY", is_active=False)).status == 200
    changed = item | {"feature_type": "LOTTERY", "is_active": False}
    assert (await operator.get(SCHEDULE)).body == {"items": [changed]}
    cleared = await operator.delete(f"{SCHEDULE}/{today}")
    assert (cleared.status, cleared.content) == (204, b"")
    again = await operator.delete(f"{SCHEDULE}/{today}")
    assert (again.status, again.code) == (404, "FEATURE_DAY_NOT_FOUND")
    assert (await operator.get(SCHEDULE)).body == {"items": []}


async def test_a_list_holds_the_days_asked_for_in_order(
    operator: AsgiClient, schedule_day: Put, today: datetime.date
) -> None:
    days = [today + datetime.timedelta(days=offset) for offset in (40, -30, 2, 0)]
    for day in days:
        await schedule_day(day, "RANKING")
    listed = await operator.get(SCHEDULE, query={"from": days[1], "to": days[2]})
    assert [item["date"] for item in listed.body["items"]] == [str(days[1]), str(days[3]), str(days[2])]


@pytest.mark.parametrize(
    ("date", "body", "loc"),
    [
        ("2026-02-30", {}, ["path", "date"]),
        ("1773446400", {}, ["path", "date"]),
        ("tomorrow", {}, ["path", "date"]),
        ("0206-03-14", {}, ["path", "date"]),
        (None, {"feature_type": "POKER"}, ["feature_type"]),
        (None, {"feature_type": "\x00"}, ["feature_type"]),
        (None, {"feature_type": None}, ["feature_type"]),
        (None, {"is_active": "yes"}, ["is_active"]),
        (None, {"title": "Roulette"}, ["title"]),
    ],
)
async def test_an_entry_that_makes_no_sense_is_refused_and_changes_nothing(
    schedule_day: Put, stated: Stated, today: datetime.date, date: str | None, body: dict[str, object], loc: list[str]
) -> None:
    answer = await schedule_day(date or today, **{"feature_type": "ROULETTE", **body})
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert [error["loc"] for error in answer.body["errors"]] == [loc]
    assert await stated() == []


@pytest.mark.parametrize("query", [{"from": "2026-05-02", "to": "2026-05-01"}, {"from": "1"}, {"to": "2999-01-01"}])
async def test_a_list_of_impossible_days_is_refused(operator: AsgiClient, query: dict[str, str]) -> None:
    answer = await operator.get(SCHEDULE, query=query)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")


async def test_players_see_no_admin_route_and_operators_have_no_kill_switch(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, today: datetime.date
) -> None:
    day = {"feature_type": "DICE", "is_active": True}
    for caller, status in ((anybody, 401), (player, 403)):
        assert (await caller.get(SCHEDULE)).status == status
        assert (await caller.put(f"{SCHEDULE}/{today}", body=day)).status == status
        assert (await caller.delete(f"{SCHEDULE}/{today}")).status == status
        assert (await caller.get("/api/admin/features")).status == status
    for caller, status in ((anybody, 401), (player, 403), (operator, 403)):
        assert (await caller.put("/api/admin/features/DICE", body=FEATURE)).status == status


async def test_an_admin_may_all_an_operator_may(admin: AsgiClient, today: datetime.date) -> None:
    body = {"feature_type": "DICE", "is_active": True}
    assert (await admin.put(f"{SCHEDULE}/{today}", body=body)).status == 200
    assert (await admin.delete(f"{SCHEDULE}/{today}")).status == 204


async def test_a_feature_is_renamed_moved_and_switched_off(operator: AsgiClient, change_feature: Put) -> None:
    changed = await change_feature("ROULETTE", **FEATURE)
    assert (changed.status, changed.body) == (200, {"feature_type": "ROULETTE", **FEATURE})
    listed = (await operator.get("/api/admin/features")).body["items"]
    assert {"feature_type": "ROULETTE", **FEATURE} in listed
    assert {item["feature_type"] for item in listed} == {"DICE", "LOTTERY", "RANKING", "ROULETTE", "SEASON_PASS"}


async def test_a_feature_nobody_has_built_cannot_be_changed(change_feature: Put) -> None:
    answer = await change_feature("POKER")
    assert (answer.status, answer.code) == (404, "FEATURE_NOT_FOUND")


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "a\x00b"},
        {"title": "x" * 65},
        {"page_path": "//evil.example"},
        {"page_path": "https://evil.example"},
        {"page_path": "wheel"},
        {"is_enabled": 1},
        {"is_enabled": None},
        {"is_active": True},
    ],
)
async def test_a_feature_that_breaks_a_rule_is_refused(
    change_feature: Put, stated: Stated, wrong: dict[str, object]
) -> None:
    answer = await change_feature("ROULETTE", **wrong)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert await stated() == []


async def test_every_change_is_audited_and_what_changes_nothing_is_not(
    operator: AsgiClient, schedule_day: Put, change_feature: Put, owner: asyncpg.Connection, today: datetime.date
) -> None:
    dice, off = ({"feature_type": "DICE", "is_active": is_active} for is_active in (True, False))
    for is_active in (True, True, False):
        await schedule_day(today, "DICE", is_active=is_active)
    await operator.delete(f"{SCHEDULE}/{today}")
    await change_feature("ROULETTE", **FEATURE)
    await change_feature("ROULETTE", **FEATURE)
    before = {"type": "ROULETTE", "title": "Roulette", "page_path": "/roulette", "is_enabled": True}
    assert await audited(owner) == [
        (900, "FEATURE_DAY_SCHEDULED", f"feature-day:{today}", None, dice),
        (900, "FEATURE_DAY_SCHEDULED", f"feature-day:{today}", dice, off),
        (900, "FEATURE_DAY_CLEARED", f"feature-day:{today}", off, None),
        (901, "FEATURE_CHANGED", "feature:ROULETTE", before, before | FEATURE),
    ]


async def test_a_change_that_cannot_be_audited_or_told_does_not_happen(
    operator: AsgiClient, schedule_day: Put, stated: Stated, owner: asyncpg.Connection, today: datetime.date
) -> None:
    await owner.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$"
    )
    for table in ("audit_log", "outbox"):
        await owner.execute(
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
        answer = await schedule_day(today, "DICE")
        assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
        await owner.execute(f"DROP TRIGGER full_disk ON {table}")
    assert (await operator.get(SCHEDULE)).body == {"items": []}
    assert await audited(owner) == []
    assert await stated() == []


async def test_every_change_is_stated_with_a_rising_revision(
    operator: AsgiClient, schedule_day: Put, change_feature: Put, stated: Stated, today: datetime.date
) -> None:
    await schedule_day(today, "DICE")
    await schedule_day(today, "DICE")
    await change_feature("DICE", is_enabled=False, title="Dice")
    await operator.delete(f"{SCHEDULE}/{today}")
    first, second, third = await stated()
    assert first.revision < second.revision < third.revision
    assert first.days == second.days == (FeatureDay(date=today, feature_type="DICE", is_active=True),)
    assert third.days == ()
    switches = [{each.type: each.is_enabled for each in said.features}["DICE"] for said in (first, second, third)]
    assert switches == [True, False, False]
    assert len(first.features) == 5


async def test_a_statement_looks_from_yesterday_to_sixty_days_ahead(
    schedule_day: Put, stated: Stated, today: datetime.date
) -> None:
    days = {offset: today + datetime.timedelta(days=offset) for offset in (-2, -1, 0, 60, 61)}
    for day in days.values():
        await schedule_day(day, "RANKING")
    assert [day.date for day in (await stated())[-1].days] == [days[-1], days[0], days[60]]


async def test_the_schedule_can_be_stated_without_a_change(db: Db, stated: Stated) -> None:
    await db.retrying(state_feature_days)
    await db.retrying(state_feature_days)
    first, second = await stated()
    assert first.revision < second.revision
    assert (first.days, first.features) == (second.days, second.features)


async def test_of_changes_made_at_once_the_highest_revision_knows_them_all(
    schedule_day: Put, stated: Stated, today: datetime.date
) -> None:
    days = [today + datetime.timedelta(days=offset) for offset in range(3)]
    answers = await asyncio.gather(*(schedule_day(day, "RANKING") for day in days))
    assert {answer.status for answer in answers} == {200}
    said = await stated()
    assert len({each.revision for each in said}) == len(days)
    assert [day.date for day in max(said, key=lambda each: each.revision).days] == days


async def test_a_database_restored_from_a_backup_does_not_count_from_its_past(
    db: Db, stated: Stated, owner: asyncpg.Connection
) -> None:
    await db.retrying(state_feature_days)
    await owner.execute("UPDATE feature_revision SET revision = 3")
    await db.retrying(state_feature_days)
    first, second = await stated()
    assert first.revision < second.revision


async def test_a_clock_set_back_does_not_set_revisions_back(db: Db, stated: Stated, owner: asyncpg.Connection) -> None:
    ahead = int(Clock(datetime.timedelta(days=400)).now().timestamp() * 1000)
    await owner.execute("UPDATE feature_revision SET revision = $1", ahead)
    await db.retrying(state_feature_days)
    assert [each.revision for each in await stated()] == [ahead + 1]
