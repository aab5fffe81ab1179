import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_common.testing import AsgiClient
from fairground_seasonpass.plays.usecases import count_waiting_plays_for

HISTORY = "/api/season-pass/xp-history"
Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]


async def test_the_history_tells_what_each_event_added_newest_first(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, today: datetime.date
) -> None:
    season = await publish()
    first = a_play(reward_xp=5, feature_type="DICE", outcome="WIN")
    second = a_play()
    await deliver(first, second)
    items = (await player.get(HISTORY)).body["items"]
    newest_first = sorted((str(first.event_id), str(second.event_id)), reverse=True)
    assert [item["event_id"] for item in items] == newest_first
    [told] = [item for item in items if item["event_id"] == str(first.event_id)]
    assert sorted(item["xp"] for item in items) in ([0, 15], [5, 10])
    assert {**told, "created_at": ...} == {
        "event_id": str(first.event_id),
        "season_id": season.id,
        "day": today.isoformat(),
        "source": "PLAY",
        "xp": told["xp"],
        "stamp": told["stamp"],
        "feature_type": "DICE",
        "outcome": "WIN",
        "created_at": ...,
    }


async def test_a_check_in_is_a_line_of_its_own(publish: Any, state_schedule: Any, player: AsgiClient) -> None:
    await publish()
    await state_schedule()
    await player.post("/api/season-pass/stamp")
    [item] = (await player.get(HISTORY)).body["items"]
    assert (item["source"], item["xp"], item["stamp"], item["outcome"]) == ("CHECK_IN", 10, True, None)


async def test_a_play_that_waited_for_its_season_is_told_once(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, db: Db
) -> None:
    await deliver(a_play(reward_xp=5))
    assert (await player.get(HISTORY)).body == {"items": [], "next_cursor": None}
    await publish()
    await count_waiting_plays_for(db, seconds=5)
    [item] = (await player.get(HISTORY)).body["items"]
    assert (item["source"], item["xp"], item["stamp"]) == ("LATE_PLAY", 15, True)


async def test_pages_follow_each_other_without_gap_or_repetition(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient
) -> None:
    await publish()
    plays = [a_play() for _ in range(5)]
    await deliver(*plays)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = (await player.get(HISTORY, query={"limit": 2, **cursor})).body
        seen += [item["event_id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == sorted((str(play.event_id) for play in plays), reverse=True)
    assert cursor == {"cursor": None}


async def test_a_player_sees_only_their_own_lines_and_of_one_season_when_asked(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, today: datetime.date
) -> None:
    first = await publish(end_date=today)
    tomorrow = today + datetime.timedelta(days=1)
    await publish(start_date=tomorrow)
    await deliver(a_play(1), a_play(2), a_play(1, day=tomorrow))
    assert len((await player.get(HISTORY)).body["items"]) == 2
    [item] = (await player.get(HISTORY, query={"season_id": first.id})).body["items"]
    assert item["season_id"] == first.id


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"cursor": "x"}, {"season_id": "x"}])
async def test_a_wrong_parameter_is_refused(player: AsgiClient, query: dict[str, Any]) -> None:
    assert (await player.get(HISTORY, query=query)).status == 422
