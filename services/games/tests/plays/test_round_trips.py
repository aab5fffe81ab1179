"""What a play costs the database, counted at the driver: the figure that decides the rate of plays."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from fairground_games.games import game_of
from fairground_games.plays.play import Play
from fairground_games.plays.queue import PlayQueue

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]


@contextmanager
def counted(pool: asyncpg.Pool) -> Iterator[list[str]]:
    """Collect the statements that this pool's connections run inside the block."""
    seen: list[str] = []

    def log(record: Any) -> None:
        seen.append(" ".join(record.query.split())[:40])

    holders = [holder for holder in getattr(pool, "_holders") if holder._con is not None]  # noqa: B009 - not in the stubs
    for holder in holders:
        holder._con.add_query_logger(log)
    yield seen
    for holder in holders:
        holder._con.remove_query_logger(log)


@pytest.mark.parametrize("game", ["roulette", "dice", "lottery"])
@pytest.mark.parametrize("key", [None, "key"])
async def test_a_play_is_two_statements_between_begin_and_commit(
    queue: PlayQueue,
    pool: asyncpg.Pool,
    store_version: StoreVersion,
    configs: dict[str, Config],
    game: str,
    key: str | None,
) -> None:
    await store_version(game, configs[game](max_daily=0))
    await queue.play(Play(2, game_of(game)))
    with counted(pool) as statements:
        await queue.play(Play(2, game_of(game), key))
    assert [each.split()[0].rstrip(";") for each in statements] == ["BEGIN", "WITH", "WITH", "COMMIT"], statements


async def test_plays_that_arrive_together_share_one_transaction(
    queue: PlayQueue, pool: asyncpg.Pool, store_version: StoreVersion, configs: dict[str, Config]
) -> None:
    await store_version("roulette", configs["roulette"](max_daily=0))
    roulette = game_of("roulette")
    await asyncio.gather(*(queue.play(Play(user, roulette)) for user in range(60)))
    with counted(pool) as statements:
        await asyncio.gather(*(queue.play(Play(user, roulette)) for user in range(60)))
    assert [each.split()[0].rstrip(";") for each in statements] == ["BEGIN", "WITH", "WITH", "COMMIT"], statements


@pytest.fixture
def configs(roulette_config: Config, dice_config: Config, lottery_config: Config) -> dict[str, Config]:
    return {"roulette": roulette_config, "dice": dice_config, "lottery": lottery_config}
