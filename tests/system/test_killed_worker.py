"""Kill -9 of the season-pass worker in the middle of plays: one stamp and the exact XP for everybody all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fairground_common.testing.eventually import eventually
from fairground_deploy.local.product import Product

PLAYERS = 20
PLAYS_EACH = 10
"""The demo's daily limit of the wheel."""
STAMP_XP = 10


async def test_a_killed_consumer_loses_nothing_and_doubles_nothing(
    product: Product, sign_up: Callable[[], Awaitable[Any]]
) -> None:
    players = [await sign_up() for _ in range(PLAYERS)]
    playing = asyncio.gather(*(_play_all(player) for player in players))
    worker = product.processes["seasonpass-worker"]
    for _ in range(3):
        await asyncio.sleep(0.2)
        worker.kill()
        worker.start()
    earned = await playing
    for player, xp in zip(players, earned, strict=True):
        await eventually(partial(_has_exactly, player, STAMP_XP + xp), within=30)


async def _play_all(player: Any) -> int:
    """Play the wheel to its limit; return the XP it paid."""
    plays = [await player.post("/api/roulette/play") for _ in range(PLAYS_EACH)]
    return sum(play["reward"]["amount"] for play in plays if play["reward"]["type"] == "XP")


async def _has_exactly(player: Any, xp: int) -> bool:
    progress = (await player.get("/api/season-pass/status"))["progress"]
    history = (await player.get("/api/season-pass/xp-history?limit=100"))["items"]
    assert progress["current_xp"] <= xp, "more than was earned"
    assert progress["total_stamps"] <= 1
    return bool(progress["current_xp"] == xp == sum(item["xp"] for item in history))
