"""Units are taken from what is locked, not from what the statement saw when it began."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from fairground_common.testing import eventually
from fairground_games.configs.versions import Versions
from fairground_games.fairness.seeds import Seeds
from fairground_games.games import game_of
from fairground_games.plays import repository
from fairground_games.plays.pipeline import Pipeline
from fairground_games.plays.play import Play
from fairground_games.plays.settlement import Settlement

GOLD = "UPDATE lottery_stock SET \"left\" = $1 WHERE prize_key = 'gold'"
WAITING = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"


async def test_a_refill_that_commits_while_a_play_waits_for_the_prize_is_booked(
    pool: asyncpg.Pool,
    owner: asyncpg.Connection,
    seeds: Seeds,
    store_version: Callable[[str, dict[str, Any]], Awaitable[int]],
    lottery_config: Callable[..., dict[str, Any]],
) -> None:
    config = lottery_config(stock=1)
    config["prizes"] = [prize for prize in config["prizes"] if prize["key"] == "gold"]
    await store_version("lottery", config)
    pipeline = Pipeline(pool, Versions(), seeds, Settlement(seeds, test_mode=True))
    plays = [Play(1, game_of("lottery"))]
    async with pool.acquire() as connection, connection.transaction():
        scene = await repository.lock(connection, plays)
        await repository.enrol(connection, scene.newcomers, scene, seeds)
        versions = await pipeline._versions_of(connection, plays, scene)
        batch = pipeline.settlement.decide(plays, scene, versions, {})
        await owner.execute(GOLD, 0)  # somebody else took the last unit
        async with pool.acquire() as operator:
            refill = operator.transaction()
            await refill.start()
            await operator.execute(GOLD, 5)
            storing = asyncio.create_task(repository.store(connection, batch, scene.world.now))
            await eventually(lambda: owner.fetchval(WAITING), within=5, every=0.01)
            await refill.commit()
        assert await storing == {}
    booked = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM play), \"left\", issued FROM lottery_stock WHERE prize_key = 'gold'"
    )
    assert booked is not None
    assert tuple(booked) == (1, 4, 1), "won, left, issued"
