"""What today belongs to, as callers and plays see it."""

import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient, TokenMint

Put = Callable[..., Awaitable[Answer]]
Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]

OPEN = "open"
UNSOUND = "INVALID_FEATURE_SCHEDULE"


@dataclass(frozen=True)
class Gate:
    """A state of schedule, kill switch and configuration, and what it means: OPEN, a reason, or UNSOUND."""

    today: str
    play: str
    play_in_test_mode: str
    scheduled: str | None = "ROULETTE"
    is_active: bool = True
    is_enabled: bool = True
    is_configured: bool = True


TABLE = [
    Gate(OPEN, OPEN, OPEN),
    Gate("not_scheduled", "not_scheduled", OPEN, scheduled=None),
    Gate("inactive", "inactive", OPEN, is_active=False),
    Gate("disabled", "disabled", "disabled", is_enabled=False),
    Gate("disabled", "disabled", "disabled", is_enabled=False, is_active=False),
    Gate("not_scheduled", "disabled", "disabled", is_enabled=False, scheduled=None),
    Gate(OPEN, "other_feature", OPEN, scheduled="RANKING"),
    Gate("inactive", "inactive", OPEN, scheduled="RANKING", is_active=False),
    Gate(OPEN, "disabled", "disabled", scheduled="RANKING", is_enabled=False),
    Gate(UNSOUND, UNSOUND, UNSOUND, is_configured=False),
    Gate("inactive", "inactive", UNSOUND, is_configured=False, is_active=False),
    Gate("disabled", "disabled", "disabled", is_configured=False, is_enabled=False),
    Gate(UNSOUND, "other_feature", OPEN, scheduled="DICE"),
]


def seen(answer: Answer) -> str:
    if answer.status == 200:
        return OPEN
    if answer.code == "NO_FEATURE_TODAY":
        assert answer.status == 404
        return str(answer.body["reason"])
    assert answer.status == 409
    return answer.code


@pytest.mark.parametrize("gate", TABLE, ids=str)
async def test_the_gate_keeps_its_truth_table(
    gate: Gate,
    player: AsgiClient,
    test_mode_player: AsgiClient,
    schedule_day: Put,
    change_feature: Put,
    store_version: StoreVersion,
    roulette_config: Config,
    today: datetime.date,
) -> None:
    if gate.is_configured:
        await store_version("roulette", roulette_config())
    if gate.scheduled:
        assert (await schedule_day(today, gate.scheduled, is_active=gate.is_active)).status == 200
    assert (await change_feature("ROULETTE", is_enabled=gate.is_enabled)).status == 200
    assert seen(await player.get("/api/today-feature")) == gate.today
    assert seen(await test_mode_player.get("/api/today-feature")) == gate.today
    assert seen(await player.post("/api/roulette/play")) == gate.play
    assert seen(await test_mode_player.post("/api/roulette/play")) == gate.play_in_test_mode


async def test_todays_feature_is_shown_with_its_page_and_names_only_a_caller_with_a_token(
    anybody: AsgiClient, player: AsgiClient, schedule_day: Put, today: datetime.date
) -> None:
    await schedule_day(today, "SEASON_PASS")
    shown = {
        "date": str(today),
        "feature_type": "SEASON_PASS",
        "title": "Season pass",
        "page_path": "/season-pass",
    }
    assert (await anybody.get("/api/today-feature")).body == shown
    assert (await player.get("/api/today-feature")).body == shown | {"user_id": 1}


async def test_a_bad_token_is_refused_even_where_none_is_needed(anybody: AsgiClient) -> None:
    answer = await anybody.get("/api/today-feature", headers={"authorization": "Bearer nonsense"})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_day_with_two_features_is_an_invalid_schedule(
    anybody: AsgiClient, owner: asyncpg.Connection, schedule_day: Put, today: datetime.date
) -> None:
    await schedule_day(today, "RANKING")
    await owner.execute("ALTER TABLE feature_schedule DROP CONSTRAINT uq_feature_schedule_date")
    await owner.execute(
        "INSERT INTO feature_schedule (date, feature_type, is_active, updated_at) VALUES ($1, 'DICE', true, now())",
        today,
    )
    answer = await anybody.get("/api/today-feature")
    assert (answer.status, answer.code) == (409, "INVALID_FEATURE_SCHEDULE")


async def test_the_kill_switch_holds_from_the_next_play_on_and_lets_go_again(
    player: AsgiClient,
    test_mode_player: AsgiClient,
    schedule_day: Put,
    change_feature: Put,
    store_version: StoreVersion,
    roulette_config: Config,
    today: datetime.date,
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    await schedule_day(today)
    for is_enabled, expected in ((True, OPEN), (False, "disabled"), (True, OPEN)):
        await change_feature("ROULETTE", is_enabled=is_enabled)
        assert seen(await player.post("/api/roulette/play")) == expected
        assert seen(await test_mode_player.post("/api/roulette/play")) == expected


async def test_looking_at_a_page_is_logged_whether_the_feature_is_open_or_not(
    player: AsgiClient, owner: asyncpg.Connection
) -> None:
    headers = {"x-request-id": "page-1"}
    answer = await player.post("/api/events/enter-page", body={"feature_type": "DICE"}, headers=headers)
    assert (answer.status, answer.content) == (204, b"")
    rows = await owner.fetch("SELECT user_id, action, feature_type, result, request_id FROM user_event_log")
    assert [tuple(row) for row in rows] == [(1, "ENTER_PAGE", "DICE", "{}", "page-1")]


@pytest.mark.parametrize(
    "body", [{"feature_type": "POKER"}, {"feature_type": "dice"}, {"feature_type": "DICE", "user_id": 2}, {}, []]
)
async def test_a_page_of_no_feature_is_refused_and_not_logged(
    player: AsgiClient, owner: asyncpg.Connection, body: object
) -> None:
    answer = await player.post("/api/events/enter-page", body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert await owner.fetchval("SELECT count(*) FROM user_event_log") == 0


async def test_looking_at_a_page_needs_a_token(anybody: AsgiClient, token_mint: TokenMint) -> None:
    answer = await anybody.post("/api/events/enter-page", body={"feature_type": "DICE"})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
