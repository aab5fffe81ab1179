"""A season's players as a file."""

import csv
import datetime
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fairground_common.contracts import Envelope
from fairground_common.testing import Answer, AsgiClient
from fairground_seasonpass.exports import routes

HEADER = [
    "season_id",
    "season_name",
    "user_id",
    "current_level",
    "current_xp",
    "total_stamps",
    "last_stamp_date",
    "given_levels",
    "pending_levels",
]
Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]


async def export(operator: AsgiClient, season_id: int) -> Answer:
    return await operator.get(f"/api/admin/seasonpass/seasons/{season_id}/export.csv")


def rows_of(answer: Answer) -> list[list[str]]:
    header, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    assert header == HEADER
    return rows


async def test_each_player_of_the_season_is_one_line(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, player: AsgiClient, today: datetime.date
) -> None:
    season = await publish()
    await deliver(a_play(20), a_play(3, reward_xp=15), a_play(1))
    await player.post("/api/season-pass/claim", body={"level": 2})
    answer = await export(operator, season.id)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="season-{season.id}.csv"'
    common = [str(season.id), "Winter"]
    assert rows_of(answer) == [
        [*common, "1", "2", "10", "1", today.isoformat(), "1 2", "1 2"],
        [*common, "3", "3", "25", "1", today.isoformat(), "1 3", "1 3"],
        [*common, "20", "2", "10", "1", today.isoformat(), "1", "1"],
    ]


async def test_pages_join_without_gap_or_repetition(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    season = await publish()
    await deliver(*(a_play(user_id) for user_id in range(1, 8)))
    monkeypatch.setattr(routes, "PAGE", 3)
    assert [row[2] for row in rows_of(await export(operator, season.id))] == [str(user_id) for user_id in range(1, 8)]


async def test_only_players_of_that_season_are_in_it(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, today: datetime.date
) -> None:
    tomorrow = today + datetime.timedelta(days=1)
    season, following = await publish(end_date=today), await publish(start_date=tomorrow)
    await deliver(a_play(1), a_play(2, day=tomorrow))
    assert [row[2] for row in rows_of(await export(operator, season.id))] == ["1"]
    assert [row[2] for row in rows_of(await export(operator, following.id))] == ["2"]


async def test_a_name_that_looks_like_a_formula_stays_text(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient
) -> None:
    season = await publish(season_name='=HYPERLINK("http://evil")')
    await deliver(a_play())
    [row] = rows_of(await export(operator, season.id))
    assert row[1] == '\'=HYPERLINK("http://evil")'


async def test_a_season_without_players_is_a_header_and_an_unknown_one_not_found(
    publish: Any, operator: AsgiClient
) -> None:
    season = await publish()
    assert rows_of(await export(operator, season.id)) == []
    assert (await export(operator, 4711)).code == "SEASON_NOT_FOUND"


async def test_only_operators_export(publish: Any, anybody: AsgiClient, player: AsgiClient) -> None:
    season = await publish()
    assert [(await export(caller, season.id)).status for caller in (anybody, player)] == [401, 403]
