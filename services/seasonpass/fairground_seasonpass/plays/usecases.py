"""Counting plays: each one once, whatever is delivered again, at the same time or out of order.

The ledger's key (the event's id) decides what is new; the stamp's key decides which play brings the day's stamp.
A whole batch is one transaction and a fixed number of statements.
"""

import datetime
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from fairground_common.contracts import PlaySettled
from fairground_common.db import Db, Tx
from fairground_common.ids import new_id
from fairground_seasonpass.plays import repository
from fairground_seasonpass.plays.errors import Overtaken
from fairground_seasonpass.plays.rules import Play, xp_beside_the_stamp
from fairground_seasonpass.seasons.rules import season_of
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.seasons.usecases import list_published_seasons, list_seasons_of
from fairground_seasonpass.stamps.stamp import Stamp
from fairground_seasonpass.stamps.usecases import add_stamps
from fairground_seasonpass.xp.entry import Entry, Source
from fairground_seasonpass.xp.usecases import count_lines, kept_payloads, known_events, write_lines

WAITING_BATCH = 500
"""Waiting plays counted in one transaction: short enough for every lock and statement budget."""


async def count_plays(tx: Tx, plays: Sequence[Play]) -> None:
    """Count plays for the season of their day; keep those whose day has none. Again changes nothing."""
    new = await _unknown(tx, plays)
    if not new:
        return
    seasons = await list_seasons_of(tx, {play.day for play in new})
    found = [(play, season_of(seasons, play.day, play.occurred_at)) for play in new]
    await _keep(tx, [play for play, season in found if season is None])
    await _count(tx, [(play, season) for play, season in found if season is not None], "PLAY")


async def count_waiting_plays(tx: Tx) -> int:
    """Count some of the plays whose season was published after they arrived; return how many."""
    for season in await list_published_seasons(tx):
        taken = await repository.take_waiting(tx, first=season.start_date, last=season.end_date, limit=WAITING_BATCH)
        if taken:
            kept = await kept_payloads(tx, taken)
            plays = [_late(event_id, occurred_at, kept[event_id]) for event_id, occurred_at in taken.items()]
            await _count(tx, [(play, season) for play in plays], "LATE_PLAY")
            return len(taken)
    return 0


async def count_waiting_plays_for(db: Db, *, seconds: float) -> None:
    """Count waiting plays until none is left or the time is over; the worker counts the rest."""
    deadline = time.monotonic() + seconds
    while await db.retrying(count_waiting_plays) and time.monotonic() < deadline:
        pass


async def _unknown(tx: Tx, plays: Sequence[Play]) -> list[Play]:
    by_event = {play.event_id: play for play in plays}
    known = await known_events(tx, by_event)
    return [play for event_id, play in by_event.items() if event_id not in known]


async def _keep(tx: Tx, plays: Sequence[Play]) -> None:
    new = await write_lines(tx, [_entry(play, None, "PLAY", stamp=False) for play in plays])
    if new:
        await repository.keep_waiting(tx, [play for play in plays if play.event_id in new])


async def _count(tx: Tx, plays: Sequence[tuple[Play, Season]], source: Source) -> None:
    stamped = await add_stamps(tx, [_stamp(play, season) for play, season in plays])
    entries = [_entry(play, season, source, stamp=play.event_id in stamped) for play, season in plays]
    gains = await count_lines(tx, entries)
    if sum(gain.stamps for gain in gains) != len(stamped):
        # Somebody kept the play as one without a season, an instant before its season was published.
        raise Overtaken


def _stamp(play: Play, season: Season) -> Stamp:
    return Stamp(play.user_id, season.id, play.day, play.event_id, season.base_xp_per_stamp)


def _entry(play: Play, season: Season | None, source: Source, *, stamp: bool) -> Entry:
    return Entry(
        event_id=play.event_id,
        user_id=play.user_id,
        season=season,
        day=play.day,
        source=source,
        xp=0 if season is None else xp_beside_the_stamp(play, season) + stamp * season.base_xp_per_stamp,
        stamp=stamp,
        payload=play.payload,
    )


def play_of(settled: PlaySettled, *, event_id: UUID, occurred_at: datetime.datetime, payload: str) -> Play:
    """Return what counts of a settled play."""
    return Play(
        event_id=event_id,
        user_id=settled.user_id,
        day=settled.day,
        occurred_at=occurred_at,
        feature_type=settled.feature_type,
        outcome=settled.outcome,
        reward_xp=settled.reward.amount if settled.reward.type == "XP" else 0,
        payload=payload,
    )


def _late(event_id: UUID, occurred_at: datetime.datetime, kept: Mapping[str, Any]) -> Play:
    """Return a kept play under a new id: it gets a line of its own, the first one stays as it was written."""
    payload = msgspec.json.encode({**kept, "event_id": event_id}).decode()
    return play_of(PlaySettled.model_validate(kept), event_id=new_id(), occurred_at=occurred_at, payload=payload)
