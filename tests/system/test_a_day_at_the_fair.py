"""The main job: a player registers, plays every game, and finds exact XP, a stamp and the level's reward."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from fairground_common.testing.eventually import eventually
from fairground_deploy.api import Api
from fairground_deploy.testing.player import Player
from fairground_deploy.testing.reconcile import reconcile

GAMES = ("roulette", "dice", "lottery")
STAMP_XP = 10
"""base_xp_per_stamp of the demo season."""


async def test_playing_every_game_gives_one_stamp_the_exact_xp_and_the_levels_reward(
    sign_up: Callable[[], Awaitable[Player]],
) -> None:
    player = await sign_up()
    played = {game: await player.post(f"/api/{game}/play") for game in GAMES}
    earned_xp = STAMP_XP + _won(played, "XP")

    async def status() -> Any:
        now = await player.get("/api/season-pass/status")
        assert now["progress"]["current_xp"] == earned_xp, now
        assert now["levels"][0]["delivery"] == "DELIVERED", now
        return now

    now = await eventually(status)
    assert now["progress"]["total_stamps"] == 1
    assert now["today"]["stamped"] is True
    assert now["progress"]["last_stamp_date"] == played["dice"]["day"]

    level_points = sum(
        level["reward"]["amount"]
        for level in now["levels"]
        if level["is_claimed"] and level["reward"]["type"] == "POINT"
    )
    rewards = await player.get("/api/rewards")
    assert level_points >= 100, "level 1 pays itself"
    assert rewards["balances"]["POINT"] == _won(played, "POINT") + level_points
    await reconcile(player, list(played.values()))


def _won(played: dict[str, Any], kind: str) -> int:
    return sum(play["reward"]["amount"] for play in played.values() if play["reward"]["type"] == kind)


async def test_every_balance_is_explained_by_its_ledger(sign_up: Callable[[], Awaitable[Player]]) -> None:
    player = await sign_up()
    for _ in range(5):
        await player.post("/api/roulette/play")

    async def agrees() -> bool:
        rewards, ledger = await player.get("/api/rewards"), await player.get("/api/rewards/ledger?limit=100")
        total = sum(item["amount"] for item in ledger["items"])
        return bool(ledger["items"] and rewards["balances"]["POINT"] == total >= 100)

    assert await eventually(agrees)


async def test_the_same_key_plays_once_and_answers_twice(sign_up: Callable[[], Awaitable[Player]]) -> None:
    player = await sign_up()
    first = await player.call("POST", "/api/roulette/play", idempotency_key="one")
    again = await player.call("POST", "/api/roulette/play", idempotency_key="one")
    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert len((await player.get("/api/roulette/history"))["items"]) == 1


async def test_a_receipt_is_sealed_until_the_seed_is_revealed(sign_up: Callable[[], Awaitable[Player]]) -> None:
    player = await sign_up()
    shown = await player.get("/api/fairness")
    play = await player.post("/api/roulette/play")
    assert play["fairness"]["commitment"] == shown["commitment"]
    path = f"/api/fairness/receipts/{play['play_id']}"
    assert "server_seed" not in await player.get(path)
    rotated = await player.post("/api/fairness/rotate", {"client_seed": "my-own"})
    seed = bytes.fromhex(rotated["revealed"]["server_seed"])
    assert hashlib.sha256(seed).hexdigest() == shown["commitment"]
    assert (await player.get(path))["server_seed"] == seed.hex()
    assert rotated["current"]["commitment"] == shown["next_commitment"]


async def test_an_operators_kill_switch_closes_a_game_for_everybody_at_once(
    sign_up: Callable[[], Awaitable[Player]], admin: Api
) -> None:
    player = await sign_up()
    feature = {"title": "Dice", "page_path": "/dice", "is_enabled": False}
    admin.expect("PUT", "/api/admin/features/DICE", feature)
    try:
        refused = await player.call("POST", "/api/dice/play")
        assert (refused.status, refused.code, refused.body["reason"]) == (404, "NO_FEATURE_TODAY", "disabled")
        assert (await player.get("/api/dice/status"))["reason"] == "disabled"
    finally:
        admin.expect("PUT", "/api/admin/features/DICE", feature | {"is_enabled": True})
    assert (await player.call("POST", "/api/dice/play")).status == 200


async def test_the_days_ranking_is_shown_with_ones_own_place(
    sign_up: Callable[[], Awaitable[Player]], admin: Api
) -> None:
    player = await sign_up()
    day = (await player.get("/api/ranking/today"))["date"]
    entries = [
        {"rank": 1, "display_name": "Mina", "score": 980},
        {"rank": 2, "user_id": player.user_id, "display_name": "Me", "score": 900},
    ]
    admin.expect("PUT", f"/api/admin/ranking/{day}", {"entries": entries})

    async def shown() -> bool:
        today = await player.get("/api/ranking/today?top=1")
        assert today["me"] == {"rank": 2, "score": 900, "is_in_top": False}
        return bool(today["top"] == [{"rank": 1, "display_name": "Mina", "score": 980}])

    assert await eventually(shown)
