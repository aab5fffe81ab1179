"""What a player may look at: whether a game can be played now, and what was played before."""

import datetime
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from fairground_games.configs.versions import StoredVersion, Versions
from fairground_games.games.game import Game
from fairground_games.plays.play import Answered, remaining
from fairground_games.plays.repository import played, world_of
from fairground_games.plays.scene import World
from fairground_games.plays.statements import HISTORY, STATUS


async def status(
    pool: asyncpg.Pool, versions: Versions, game: Game, user_id: int, *, test_mode: bool
) -> dict[str, Any]:
    """Return a game's status for a player. Never gated: it tells why a game is closed instead."""
    row = await pool.fetchrow(STATUS, user_id)
    assert row is not None, "the statement always gives one row"
    world, used = world_of(row), _used_today(row, game)
    closed = world.closed_because(game, test_mode=test_mode)
    if game.name not in world.active:
        nothing = {"config_version": None, "max_daily": None, "used_today": used, "remaining": 0, "unlimited": False}
        return nothing | {"playable": False, "reason": closed} | game.items(())
    stored = await versions.get(pool, game.name, world.active[game.name])
    reason = closed or _spent(stored, used) or _sold_out(game, stored, world)
    return {
        "config_version": stored.version.number,
        "max_daily": stored.version.max_daily,
        **remaining(used, stored.version.max_daily),
        "playable": reason is None,
        **({"reason": reason} if reason else {}),
        **game.status(stored.version, world.exhausted),
    }


async def history(
    pool: asyncpg.Pool,
    versions: Versions,
    game: Game,
    user_id: int,
    *,
    before: tuple[datetime.datetime | None, UUID | None],
    limit: int,
) -> Sequence[Answered]:
    """Return up to ``limit`` plays older than a position, newest first."""
    rows = await pool.fetch(HISTORY, game.name, user_id, *before, limit)
    plays = [played(row) for row in rows]
    stored = {v: await versions.get(pool, game.name, v) for v in {play.config_version for play in plays}}
    return [Answered(play, game, stored[play.config_version], replayed=False) for play in plays]


def _used_today(row: asyncpg.Record, game: Game) -> int:
    if row["day"] is None or row["day"] < row["today"]:
        return 0
    return int(msgspec.json.decode(row["used"]).get(game.name, 0))


def _spent(stored: StoredVersion, used: int) -> str | None:
    limit = stored.version.max_daily
    return "daily_limit" if limit and used >= limit else None


def _sold_out(game: Game, stored: StoredVersion, world: World) -> str | None:
    exhausted = world.exhausted if game.has_stock else frozenset()
    return None if any(game.chances(stored.version, exhausted).values()) else "sold_out"
