"""A player as operators look one up."""

import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db
from fairground_common.testing import AsgiClient
from fairground_seasonpass.rewards.consumers import reward_delivered

PATH = "/api/admin/seasonpass/players"
DAY = datetime.timedelta(days=1)
Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]


async def test_a_player_who_never_played_has_an_empty_view(publish: Any, operator: AsgiClient) -> None:
    await publish()
    assert (await operator.get(f"{PATH}/1")).body == {
        "user_id": 1,
        "seasons": [],
        "last_rewards": [],
        "last_stamps": [],
        "last_xp": [],
    }


async def test_an_operator_sees_seasons_stamps_xp_and_how_far_rewards_have_come(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, sent: Any, db: Db, today: datetime.date
) -> None:
    season = await publish()
    yesterday, now = a_play(day=today - DAY), a_play(reward_xp=15)
    await deliver(yesterday, a_play(2))
    await deliver(now)
    first = next(event for event in await sent() if event.user_id == 1)
    answer = RewardDelivered(grant_id=first.grant_id, delivered_at=Clock().now())
    await reward_delivered(db)([Envelope.of(answer, at=Clock().now())])
    view = (await operator.get(f"{PATH}/1")).body
    assert view["seasons"] == [
        {
            "season_id": season.id,
            "season_name": "Winter",
            "state": "PUBLISHED",
            "progress": {
                "current_level": 3,
                "current_xp": 35,
                "total_stamps": 2,
                "last_stamp_date": today.isoformat(),
            },
            "given_levels": [1, 3],
            "pending_levels": [3],
        }
    ]
    assert [(each["level"], each["attempts"], each["delivered_at"] is None) for each in view["last_rewards"]] == [
        (3, 1, True),
        (1, 1, False),
    ]
    assert view["last_rewards"][1]["grant_id"] == str(first.grant_id)
    assert [(each["date"], each["event_id"], each["xp"]) for each in view["last_stamps"]] == [
        (today.isoformat(), str(now.event_id), 10),
        ((today - DAY).isoformat(), str(yesterday.event_id), 10),
    ]
    assert sorted(each["xp"] for each in view["last_xp"]) == [10, 25]


async def test_seasons_are_told_apart_newest_first(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, today: datetime.date
) -> None:
    older = await publish(end_date=today)
    newer = await publish(start_date=today + DAY)
    await deliver(a_play(), a_play(day=today + DAY, reward_xp=90))
    seasons = (await operator.get(f"{PATH}/1")).body["seasons"]
    assert [(each["season_id"], each["progress"]["current_xp"]) for each in seasons] == [
        (newer.id, 100),
        (older.id, 10),
    ]


async def test_who_has_only_claimed_a_free_level_is_known_by_it(
    publish: Any, player: AsgiClient, operator: AsgiClient
) -> None:
    await publish(((0, False), (10, True)))
    await player.post("/api/season-pass/claim", body={"level": 1})
    [season] = (await operator.get(f"{PATH}/1")).body["seasons"]
    assert (season["progress"], season["given_levels"], season["pending_levels"]) == (None, [1], [1])


async def test_only_the_last_twenty_are_listed(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient
) -> None:
    await publish(tuple((level, True) for level in range(30)))
    await deliver(*(a_play(reward_xp=1) for _ in range(25)))
    view = (await operator.get(f"{PATH}/1")).body
    assert [len(view[name]) for name in ("last_rewards", "last_stamps", "last_xp")] == [20, 1, 20]
    assert view["last_rewards"][0]["level"] == 30
    assert len(view["seasons"][0]["given_levels"]) == 30


@pytest.mark.parametrize("user_id", ["0", "-1", str(2**63), "someone"])
async def test_an_id_that_cannot_be_is_refused(operator: AsgiClient, user_id: str) -> None:
    assert (await operator.get(f"{PATH}/{user_id}")).code == "VALIDATION_FAILED"


async def test_only_operators_look_players_up(anybody: AsgiClient, player: AsgiClient) -> None:
    codes = [(await caller.get(f"{PATH}/1")).code for caller in (anybody, player)]
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN"]
