"""A season's players as operators take them home."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairground_common.db import ReadTx
from fairground_seasonpass.rewards.grant import Tally
from fairground_seasonpass.rewards.usecases import tally_players
from fairground_seasonpass.xp.entry import Total
from fairground_seasonpass.xp.usecases import list_players


@dataclass(frozen=True, slots=True)
class PlayerRow:
    """One player with progress in the season."""

    total: Total
    tally: Tally


async def list_rows(tx: ReadTx, *, season_id: int, after: int, limit: int) -> Sequence[PlayerRow]:
    """Return a season's players with an id above ``after``, by user id; none at the end."""
    totals = await list_players(tx, season_id=season_id, after=after, limit=limit)
    tallies = await tally_players(tx, season_id=season_id, user_ids=[total.user_id for total in totals])
    return [PlayerRow(total, tallies.get(total.user_id, Tally())) for total in totals]
