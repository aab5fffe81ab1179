import asyncio
import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fairground_common.contracts import Envelope
from fairground_common.testing import AsgiClient, TokenMint

STAMP = "/api/season-pass/stamp"
Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]


async def test_a_check_in_stamps_the_day_and_tells_every_level_reached(
    publish: Any, state_schedule: Any, player: AsgiClient, season_pass: Any
) -> None:
    season = await publish()
    await state_schedule()
    answer = await player.post(STAMP)
    assert answer.status == 200
    told = answer.body
    rewards = told.pop("rewards")
    assert told == {
        "added_stamp": 1,
        "xp_added": 10,
        "current_level": 2,
        "leveled_up": True,
        "season_id": season.id,
        "current_xp": 10,
        "total_stamps": 1,
    }
    assert [(each["level"], each["auto_claim"]) for each in rewards] == [(1, True), (2, False)]
    assert rewards[0]["reward"] == {"type": "POINT", "amount": 100}
    assert rewards[0]["claimed_at"] is not None
    assert rewards[1]["claimed_at"] is None
    assert await season_pass.rewards() == [1]
    assert await season_pass.actions() == ["SEASON_PASS_STAMP", "SEASON_PASS_LEVEL_UP"]


async def test_the_second_check_in_of_a_day_is_refused(
    publish: Any, state_schedule: Any, player: AsgiClient, season_pass: Any
) -> None:
    await publish()
    await state_schedule()
    await player.post(STAMP)
    answer = await player.post(STAMP)
    assert (answer.status, answer.code) == (409, "ALREADY_STAMPED_TODAY")
    assert await season_pass.progress() == (10, 2, 1)


async def test_twenty_check_ins_at_once_are_one_stamp(
    publish: Any, state_schedule: Any, player: AsgiClient, season_pass: Any
) -> None:
    await publish()
    await state_schedule()
    answers = await asyncio.gather(*(player.post(STAMP) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 19
    assert await season_pass.progress() == (10, 2, 1)


@pytest.mark.parametrize("play_first", [True, False])
async def test_a_play_and_a_check_in_of_one_day_give_the_same_totals_in_either_order(
    publish: Any,
    state_schedule: Any,
    player: AsgiClient,
    deliver: Deliver,
    a_play: Build,
    season_pass: Any,
    *,
    play_first: bool,
) -> None:
    await publish()
    await state_schedule()
    if play_first:
        await deliver(a_play(reward_xp=5))
        assert (await player.post(STAMP)).code == "ALREADY_STAMPED_TODAY"
    else:
        assert (await player.post(STAMP)).status == 200
        await deliver(a_play(reward_xp=5))
    assert await season_pass.progress() == (15, 3, 1)
    assert await season_pass.rewards() == [1, 3]


async def test_a_play_and_a_check_in_at_once_give_one_stamp(
    publish: Any,
    state_schedule: Any,
    player: AsgiClient,
    deliver: Deliver,
    a_play: Build,
    season_pass: Any,
) -> None:
    await publish()
    await state_schedule()
    await asyncio.gather(deliver(a_play(reward_xp=5)), player.post(STAMP), deliver(a_play()))
    assert await season_pass.progress() == (15, 3, 1)


@pytest.mark.parametrize("body", [{"xp": 100}, {"count": 3}, {"added_stamp": 1}, [1], "xp", 7])
async def test_a_body_that_says_anything_is_refused(
    publish: Any, state_schedule: Any, player: AsgiClient, season_pass: Any, body: object
) -> None:
    await publish()
    await state_schedule()
    answer = await player.post(STAMP, body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert await season_pass.progress() is None


async def test_an_empty_object_is_no_body(publish: Any, state_schedule: Any, player: AsgiClient) -> None:
    await publish()
    await state_schedule()
    assert (await player.post(STAMP, body={})).status == 200


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ({"is_enabled": False}, "disabled"),
        ({"feature_type": None}, "not_scheduled"),
        ({"is_active": False}, "inactive"),
        ({"feature_type": "DICE"}, "other_feature"),
    ],
)
async def test_a_check_in_needs_a_season_pass_day(
    api: Any,
    token_mint: TokenMint,
    publish: Any,
    state_schedule: Any,
    season_pass: Any,
    schedule: dict[str, Any],
    reason: str,
) -> None:
    strict = (await api(test_mode=False)).signed(token_mint.headers(1))
    await publish()
    await state_schedule(**schedule)
    answer = await strict.post(STAMP)
    assert (answer.status, answer.code, answer.body["reason"]) == (404, "NO_FEATURE_TODAY", reason)
    assert await season_pass.progress() is None
    await state_schedule(revision=2)
    assert (await strict.post(STAMP)).status == 200


async def test_test_mode_opens_every_day_but_not_a_disabled_feature(
    publish: Any, state_schedule: Any, player: AsgiClient
) -> None:
    await publish()
    await state_schedule(is_enabled=False)
    assert (await player.post(STAMP)).body["reason"] == "disabled"
    await state_schedule(feature_type=None, revision=2)
    assert (await player.post(STAMP)).status == 200


async def test_without_a_schedule_nobody_knows(publish: Any, player: AsgiClient) -> None:
    await publish()
    answer = await player.post(STAMP)
    assert (answer.status, answer.code) == (503, "FEATURE_UNKNOWN")
    assert int(answer.headers["retry-after"]) >= 1


async def test_without_a_running_season_there_is_nothing_to_stamp(
    publish: Any, state_schedule: Any, player: AsgiClient, admin: AsgiClient, today: datetime.date
) -> None:
    await state_schedule()
    assert (await player.post(STAMP)).code == "NO_ACTIVE_SEASON"
    tomorrow = today + datetime.timedelta(days=1)
    season = await publish(start_date=tomorrow, end_date=tomorrow)
    assert (await player.post(STAMP)).code == "NO_ACTIVE_SEASON"
    await admin.post(f"/api/admin/seasons/{season.id}/retire")
    running = await publish()
    await admin.post(f"/api/admin/seasons/{running.id}/retire")
    assert (await player.post(STAMP)).code == "NO_ACTIVE_SEASON"


async def test_the_same_key_is_one_stamp_and_one_answer(
    publish: Any, state_schedule: Any, player: AsgiClient, season_pass: Any
) -> None:
    await publish()
    await state_schedule()
    key = {"idempotency-key": "today"}
    first, second = await player.post(STAMP, headers=key), await player.post(STAMP, headers=key)
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"
    assert await season_pass.progress() == (10, 2, 1)


async def test_a_refusal_does_not_use_up_the_key(publish: Any, state_schedule: Any, player: AsgiClient) -> None:
    await state_schedule()
    key = {"idempotency-key": "today"}
    assert (await player.post(STAMP, headers=key)).code == "NO_ACTIVE_SEASON"
    await publish()
    assert (await player.post(STAMP, headers=key)).status == 200


async def test_a_malformed_key_is_refused(player: AsgiClient) -> None:
    answer = await player.post(STAMP, headers={"idempotency-key": "with space"})
    assert (answer.status, answer.code) == (400, "IDEMPOTENCY_KEY_INVALID")


async def test_a_check_in_needs_a_token(anybody: AsgiClient) -> None:
    assert (await anybody.post(STAMP)).status == 401
