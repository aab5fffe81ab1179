"""Requests at a fixed pace, whatever the answers do: what a player who comes along meets.

A request is timed from the moment it was due, so a stall counts for all who would have come meanwhile.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import aiohttp


@dataclass(frozen=True, slots=True)
class Pace:
    """What an open loop saw; latencies in milliseconds."""

    per_second: int
    answered: int
    failed: int
    p50: float
    p99: float
    slowest: float


async def ask(url: str, method: str, path: str, tokens: Sequence[str], *, per_second: int, seconds: int) -> Pace:
    """Ask for something ``per_second`` times a second, each time as the next player."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as session, asyncio.TaskGroup() as group:
        start, players = time.perf_counter(), cycle(tokens)
        asked = []
        for number in range(per_second * seconds):
            due = start + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asked.append(group.create_task(_ask(session, method, path, next(players), due)))
    return _summary(per_second, [task.result() for task in asked])


async def _ask(session: aiohttp.ClientSession, method: str, path: str, token: str, due: float) -> float | None:
    async with session.request(method, path, headers={"Authorization": f"Bearer {token}"}) as answer:
        await answer.read()
        return (time.perf_counter() - due) * 1000 if answer.ok else None


def _summary(per_second: int, answers: Sequence[float | None]) -> Pace:
    times = sorted(answer for answer in answers if answer is not None)
    at = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.99)]
    return Pace(per_second, len(times), len(answers) - len(times), at[0], at[1], times[-1])
