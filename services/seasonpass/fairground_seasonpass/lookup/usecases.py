"""Looking a player up."""

from fairground_common.db import ReadTx
from fairground_seasonpass.lookup.view import PlayerView, Standing
from fairground_seasonpass.rewards import usecases as rewards
from fairground_seasonpass.rewards.grant import Tally
from fairground_seasonpass.seasons import usecases as seasons
from fairground_seasonpass.stamps import usecases as stamps
from fairground_seasonpass.xp import usecases as xp

LAST = 20
"""Rewards, stamps and XP lines shown of a player."""


async def look_up_player(tx: ReadTx, user_id: int) -> PlayerView:
    """Return what the season pass knows of a player; for somebody who never played, the empty view."""
    lines, _ = await xp.list_lines(tx, user_id=user_id, season_id=None, before=None, limit=LAST)
    return PlayerView(
        user_id=user_id,
        standings=await _standings(tx, user_id),
        last_rewards=await rewards.list_deliveries(tx, user_id=user_id, limit=LAST),
        last_stamps=await stamps.list_stamps(tx, user_id=user_id, limit=LAST),
        last_xp=lines,
    )


async def _standings(tx: ReadTx, user_id: int) -> list[Standing]:
    totals = {total.season_id: total for total in await xp.list_totals(tx, user_id=user_id)}
    tallies = await rewards.tally_player(tx, user_id=user_id)
    played_in = await seasons.list_seasons_by_id(tx, totals.keys() | tallies.keys())
    return [Standing(each, totals.get(each.id), tallies.get(each.id, Tally())) for each in played_in]
