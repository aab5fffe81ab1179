"""Reading the season pass. Takes a read transaction: looking changes nothing."""

from fairground_common.db import ReadTx
from fairground_seasonpass.rewards.usecases import list_given
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.seasons.usecases import get_shown_season
from fairground_seasonpass.stamps.usecases import is_stamped
from fairground_seasonpass.status.view import View
from fairground_seasonpass.xp.entry import Total
from fairground_seasonpass.xp.rules import level_at
from fairground_seasonpass.xp.usecases import find_total


async def read_status(tx: ReadTx, *, user_id: int, season_id: int | None) -> View:
    """Return a player's view of a season: by id, else the running one, else the latest still open for claims."""
    season = await get_shown_season(tx, season_id)
    given = await list_given(tx, user_id=user_id, season_id=season.id)
    return View(
        today=tx.today,
        season=season,
        total=await find_total(tx, user_id=user_id, season_id=season.id) or _nothing_yet(user_id, season),
        given={each.level: each for each in given},
        stamped_today=await is_stamped(tx, user_id=user_id, season_id=season.id, date=tx.today),
    )


def _nothing_yet(user_id: int, season: Season) -> Total:
    """A new player already stands at level 1 when it needs 0 XP; it is paid with their first gain."""
    return Total(user_id, season.id, 0, level_at(season, 0), total_stamps=0, last_stamp_date=None)
