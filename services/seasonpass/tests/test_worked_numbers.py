"""The numbers of the season pass that were worked out on paper."""

import datetime
from collections.abc import Awaitable, Callable
from typing import Any

from fairground_common.contracts import Envelope
from fairground_common.testing import AsgiClient

LONG_CURVE = ((40, True), (100, True), (180, True), (300, True))


async def test_a_plain_first_play_reaches_level_2_and_pays_level_1(
    publish: Any, deliver: Any, a_play: Any, season_pass: Any, player: AsgiClient
) -> None:
    await publish()
    await deliver(a_play())
    assert await season_pass.progress() == (10, 2, 1)
    assert await season_pass.rewards() == [1]
    assert (await player.post("/api/season-pass/claim", body={"level": 2})).status == 200
    assert (await player.post("/api/season-pass/claim", body={"level": 2})).code == "REWARD_ALREADY_CLAIMED"


async def test_a_first_play_with_an_xp_reward_crosses_three_levels_at_once(
    publish: Any, deliver: Any, a_play: Any, season_pass: Any, player: AsgiClient
) -> None:
    await publish()
    await deliver(a_play(reward_xp=15))
    assert await season_pass.progress() == (25, 3, 1)
    assert await season_pass.rewards() == [1, 3]
    assert (await player.post("/api/season-pass/claim", body={"level": 2})).status == 200
    assert await season_pass.rewards() == [1, 2, 3]


async def test_stamps_alone_climb_the_long_curve(
    publish: Any,
    deliver: Callable[..., Awaitable[None]],
    a_play: Callable[..., Envelope],
    season_pass: Any,
    today: datetime.date,
) -> None:
    season = await publish(LONG_CURVE, base_xp_per_stamp=20, start_date=today - datetime.timedelta(days=9))
    reached = {}
    for day in range(1, 10):
        await deliver(a_play(day=season.start_date + datetime.timedelta(days=day - 1)))
        reached[day] = ((await season_pass.progress())[0], await season_pass.rewards())
    assert reached[1] == (20, [])
    assert reached[2] == (40, [1])
    assert reached[4] == (80, [1])
    assert reached[5] == (100, [1, 2])
    assert reached[8] == (160, [1, 2])
    assert reached[9] == (180, [1, 2, 3])
