"""What a player has played, over all games. Read only, so the columns read are named here and no table is."""

from sqlalchemy import column, func, select, table

from fairground_common.db import ReadTx
from fairground_games.lookup.rules import GamePlays, PastPlay

_KEPT = ("play_id", "game", "created_at", "day", "config_version", "pair", "nonce", "outcome", "reward")
_play = table("play", column("user_id"), *map(column, _KEPT))


async def count_plays(tx: ReadTx, user_id: int) -> list[GamePlays]:
    """Return each game a player has ever played, with how often."""
    rows = await tx.rows(
        select(_play.c.game, func.count().label("plays"), func.max(_play.c.created_at).label("last_played_at"))
        .where(_play.c.user_id == user_id)
        .group_by(_play.c.game)
        .order_by(_play.c.game)
    )
    return [GamePlays(**row._mapping) for row in rows]  # noqa: SLF001 - Row's documented mapping view


async def list_last_plays(tx: ReadTx, user_id: int, *, limit: int) -> list[PastPlay]:
    """Return a player's last plays, newest first."""
    rows = await tx.rows(
        select(*(_play.c[name] for name in _KEPT))
        .where(_play.c.user_id == user_id)
        .order_by(_play.c.created_at.desc(), _play.c.play_id.desc())
        .limit(limit)
    )
    return [PastPlay(**row._mapping) for row in rows]  # noqa: SLF001 - Row's documented mapping view
