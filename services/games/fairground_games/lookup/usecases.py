"""Looking a player up."""

from fairground_common.db import ReadTx
from fairground_games.fairness import usecases as fairness
from fairground_games.fairness.seeds import Seeds
from fairground_games.lookup import repository
from fairground_games.lookup.rules import PlayerView
from fairground_games.rewards import usecases as rewards

LAST_PLAYS = 20


async def look_up_player(tx: ReadTx, seeds: Seeds, user_id: int) -> PlayerView:
    """Return what games knows of a player; for somebody who never played, the empty view. Raises SeedKeyUnknown."""
    return PlayerView(
        user_id=user_id,
        games=await repository.count_plays(tx, user_id),
        last_plays=await repository.list_last_plays(tx, user_id, limit=LAST_PLAYS),
        holdings=await rewards.read_holdings(tx, user_id),
        promise=await fairness.read_promise(tx, seeds, user_id),
    )
