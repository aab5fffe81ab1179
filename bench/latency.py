"""How long after a play its XP is visible to the player."""

import asyncio
import time

import aiohttp


async def play_to_xp(url: str, tokens: list[str]) -> list[float]:
    """Return milliseconds from a play's answer to the XP in season-pass/status, sorted.

    One sample a player, none of whom has played before.
    """
    async with aiohttp.ClientSession(url) as session:
        return sorted([await _one(session, {"Authorization": f"Bearer {token}"}) for token in tokens])


async def _one(session: aiohttp.ClientSession, headers: dict[str, str]) -> float:
    async with session.post("/api/roulette/play", headers=headers) as answer:
        assert answer.ok, await answer.text()
    played = time.perf_counter()
    while True:
        async with session.get("/api/season-pass/status", headers=headers) as answer:
            if (await answer.json())["progress"]["total_stamps"] > 0:
                return (time.perf_counter() - played) * 1000
        assert time.perf_counter() - played < 10, "no XP after 10 s"
        await asyncio.sleep(0.002)
