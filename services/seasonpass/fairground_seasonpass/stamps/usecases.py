"""Stamps: one a day, whatever brings it."""

import datetime
from collections.abc import Sequence
from uuid import UUID

from fairground_common.db import ReadTx, Tx
from fairground_common.ids import new_id
from fairground_seasonpass.features.usecases import require_season_pass_day
from fairground_seasonpass.seasons.usecases import get_active_season
from fairground_seasonpass.stamps import repository
from fairground_seasonpass.stamps.errors import AlreadyStampedToday
from fairground_seasonpass.stamps.stamp import Stamp
from fairground_seasonpass.xp.entry import Entry, Gain
from fairground_seasonpass.xp.usecases import count_lines


async def check_in(tx: Tx, *, user_id: int, test_mode: bool) -> Gain:
    """Stamp today's card of the running season. The season decides what a stamp is worth."""
    await require_season_pass_day(tx, test_mode=test_mode)
    season = await get_active_season(tx)
    event_id = new_id()
    stamp = Stamp(user_id, season.id, tx.today, event_id, season.base_xp_per_stamp)
    if not await add_stamps(tx, [stamp]):
        raise AlreadyStampedToday
    entry = Entry(event_id, user_id, season, tx.today, "CHECK_IN", stamp.xp, stamp=True, payload="{}")
    [gain] = await count_lines(tx, [entry])
    return gain


async def add_stamps(tx: Tx, stamps: Sequence[Stamp]) -> set[UUID]:
    """Add the stamps whose day has none yet, of several for one day the first; return the events that brought one."""
    ordered = sorted(stamps, key=lambda stamp: (stamp.user_id, stamp.season_id, stamp.date))
    return await repository.add_stamps(tx, ordered) if ordered else set()


async def list_stamps(tx: ReadTx, *, user_id: int, limit: int) -> list[Stamp]:
    """Return a player's last stamps of all seasons, newest day first."""
    return await repository.list_stamps(tx, user_id=user_id, limit=limit)


async def is_stamped(tx: ReadTx, *, user_id: int, season_id: int, date: datetime.date) -> bool:
    """Tell whether a player has the stamp of a day."""
    return await repository.is_stamped(tx, user_id=user_id, season_id=season_id, date=date)
