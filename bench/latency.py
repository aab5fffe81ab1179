"""How long after a play its XP is visible to the player."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from bench.open_loop import share_of

EVERY_SECONDS = 0.004
"""Between two looks at the season pass."""


@dataclass(frozen=True, slots=True)
class Visible:
    """Milliseconds from a play's answer to the XP in season-pass/status."""

    samples: int
    p50: float
    p99: float
    slowest: float


async def play_to_xp(url: str, tokens: Sequence[str], *, seconds: float) -> Visible:
    """Let players play once, one after another, until all have or the time is up. None of them has played before."""
    end = time.perf_counter() + seconds
    times: list[float] = []
    async with aiohttp.ClientSession(url) as session:
        for token in tokens:
            times.append(await _one(session, {"Authorization": f"Bearer {token}"}))
            if time.perf_counter() > end:
                break
    times.sort()
    return Visible(len(times), share_of(times, 0.5), share_of(times, 0.99), times[-1])


async def _one(session: aiohttp.ClientSession, headers: dict[str, str]) -> float:
    async with session.post("/api/roulette/play", headers=headers) as answer:
        assert answer.ok, await answer.text()
    played = time.perf_counter()
    while True:
        async with session.get("/api/season-pass/status", headers=headers) as answer:
            if (await answer.json())["progress"]["total_stamps"] > 0:
                return (time.perf_counter() - played) * 1000
        assert time.perf_counter() - played < 10, "no XP after 10 s"
        await asyncio.sleep(EVERY_SECONDS)
