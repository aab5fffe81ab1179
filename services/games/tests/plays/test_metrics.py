"""What came of plays is counted once, by game; how they shared transactions, and who waits, can be seen."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from fairground_common.db import Db
from fairground_common.testing import eventually
from fairground_games.games import game_of
from fairground_games.plays import metrics
from fairground_games.plays.play import Play
from fairground_games.plays.queue import PlayQueue
from fairground_games.rewards.metrics import FULFILMENTS
from fairground_games.rewards.usecases import count_fulfilments

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]

ROULETTE = game_of("roulette")


def settled() -> float:
    """Return how many plays of roulette have been settled, over all slots."""
    return sum(metrics.PLAYS.value("roulette", str(slot)) for slot in range(6))


def counted() -> dict[str, float]:
    return {
        "settled": settled(),
        "replayed": metrics.REPLAYED.value("roulette"),
        "over": metrics.REFUSED.value("roulette", "DAILY_LIMIT_REACHED"),
    }


async def test_plays_are_counted_by_what_came_of_them(
    queue: PlayQueue, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config(max_daily=2))
    before, batches = counted(), metrics.BATCHES.count()
    keyed = Play(1, ROULETTE, idempotency_key="one")
    plays = [keyed, keyed, Play(1, ROULETTE), Play(1, ROULETTE)]
    await asyncio.gather(*map(queue.play, plays), return_exceptions=True)
    grown = {name: value - before[name] for name, value in counted().items()}
    assert grown == {"settled": 2, "replayed": 1, "over": 1}
    assert 1 <= metrics.BATCHES.count() - batches <= len(plays)


async def test_who_waits_for_a_held_row_is_seen(
    queue: PlayQueue, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    await queue.play(Play(1, ROULETTE))
    waits = metrics.LOCK_WAITS.value()
    async with owner.transaction():
        await owner.execute("SELECT FROM player WHERE user_id = 1 FOR UPDATE")
        waiting = asyncio.create_task(queue.play(Play(1, ROULETTE)))
        await eventually(lambda: metrics.HELD.value() == 1)
        assert metrics.LOCK_WAITS.value() == waits + 1
    await asyncio.gather(waiting, return_exceptions=True)
    await eventually(lambda: metrics.HELD.value() == 0)


async def test_what_is_to_be_handed_over_is_counted(
    queue: PlayQueue, db: Db, store_version: StoreVersion, roulette_config: Config
) -> None:
    config = roulette_config(max_daily=0)
    for segment in config["segments"]:
        segment["reward"] = {"type": "COUPON", "amount": 1, "sku": "tea"}
    await store_version("roulette", config)
    await queue.play(Play(1, ROULETTE))
    await db.retrying(count_fulfilments)
    assert FULFILMENTS.value() == 1
