"""Plays, status and history over HTTP, by the framework's routes."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fairground_common.ids import new_id
from fairground_common.testing import AsgiClient, TokenMint
from fairground_common.web.paging import encode_cursor

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]

PLAY = "/api/roulette/play"


@pytest.fixture
async def wheel(store_version: StoreVersion, roulette_config: Config) -> None:
    await store_version("roulette", roulette_config(max_daily=3))


@pytest.mark.usefixtures("wheel")
async def test_an_answer_has_every_field(player: AsgiClient) -> None:
    first, second = await player.post(PLAY), await player.post(PLAY)
    assert (first.status, second.status) == (200, 200)
    assert first.body.keys() == {
        *("play_id", "event_id", "day", "config_version", "reward", "used_today", "remaining", "unlimited"),
        *("fairness", "balance", "segment"),
    }  # fmt: skip
    assert (second.body["used_today"], second.body["remaining"]) == (2, 1)
    assert second.body["fairness"]["nonce"] == 1


@pytest.mark.usefixtures("wheel")
async def test_status_tells_what_is_left_and_why_nothing_is(player: AsgiClient) -> None:
    before = (await player.get("/api/roulette/status")).body
    assert (before["playable"], before["remaining"], before.get("reason")) == (True, 3, None)
    assert [segment["slot_index"] for segment in before["segments"]] == list(range(6))
    assert all("weight" not in segment for segment in before["segments"])
    for _ in range(3):
        await player.post(PLAY)
    after = (await player.get("/api/roulette/status")).body
    assert (after["playable"], after["reason"], after["used_today"], after["remaining"]) == (False, "daily_limit", 3, 0)


async def test_status_of_a_game_nobody_has_set_up(player: AsgiClient) -> None:
    status = (await player.get("/api/dice/status")).body
    assert (status["playable"], status["reason"], status["config_version"]) == (False, "not_configured", None)


async def test_a_sold_out_lottery_says_so(
    player: AsgiClient, store_version: StoreVersion, lottery_config: Config
) -> None:
    await store_version("lottery", lottery_config(prizes=[lottery_config(stock=0)["prizes"][0]]))
    status = (await player.get("/api/lottery/status")).body
    assert (status["playable"], status["reason"]) == (False, "sold_out")
    assert status["prizes"][0]["depleted"] is True
    refused = await player.post("/api/lottery/play")
    assert (refused.status, refused.code) == (409, "LOTTERY_SOLD_OUT")


async def test_history_is_what_was_answered_newest_first_in_pages(
    player: AsgiClient, store_version: StoreVersion, dice_config: Config
) -> None:
    await store_version("dice", dice_config(max_daily=0))
    played = [(await player.post("/api/dice/play")).body for _ in range(5)]
    first = (await player.get("/api/dice/history", query={"limit": 3})).body
    rest = (await player.get("/api/dice/history", query={"limit": 3, "cursor": first["next_cursor"]})).body
    listed = first["items"] + rest["items"]
    assert rest["next_cursor"] is None
    assert [{k: v for k, v in item.items() if k != "created_at"} for item in listed] == played[::-1]


async def test_history_shows_nobody_elses_plays(
    player: AsgiClient, anybody: AsgiClient, token_mint: TokenMint, store_version: StoreVersion, dice_config: Config
) -> None:
    await store_version("dice", dice_config())
    await player.post("/api/dice/play")
    other = anybody.signed(token_mint.headers(999_999))
    assert (await other.get("/api/dice/history")).body == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("moment", ["2026-12-24T15:00:00", "yesterday"])
async def test_a_crafted_cursor_is_refused(player: AsgiClient, moment: str) -> None:
    cursor = encode_cursor(moment, new_id())
    refused = await player.get("/api/dice/history", query={"cursor": cursor})
    assert (refused.status, refused.code) == (422, "VALIDATION_FAILED")
