"""Keeping the XP ledger: lines are written once, progress is their sum, levels follow from progress.

All writers come this way and in one order (ledger, then progress by player and season), so that batches of several
processes wait for each other instead of deadlocking.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from fairground_common.db import ReadTx, Tx, UserEvent, log_user_events
from fairground_seasonpass.rewards.grant import Grant, Owed
from fairground_seasonpass.rewards.usecases import give
from fairground_seasonpass.schema import user_event_log
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.xp import rules
from fairground_seasonpass.xp.entry import Added, Entry, Gain, Line, Total
from fairground_seasonpass.xp.repository import XpReader, XpRepository


async def write_lines(tx: Tx, entries: Sequence[Entry]) -> set[UUID]:
    """Write lines that count for no season; return the events the ledger did not have."""
    return await XpRepository(tx).append(entries) if entries else set()


async def count_lines(tx: Tx, entries: Sequence[Entry]) -> list[Gain]:
    """Write lines of seasons; let those count that the ledger did not have: XP, stamps, levels, automatic rewards."""
    if not entries:
        return []
    seasons = {entry.season.id: entry.season for entry in entries if entry.season is not None}
    gains = [
        _gain(seasons[added.total.season_id], added)
        for added in await XpRepository(tx).enter(entries, seasons.values())
    ]
    grants = await give(tx, [owed for gain in gains for owed in _owed(gain)])
    await log_user_events(tx, user_event_log, [*_stamps(entries), *_level_ups(gains)])
    return _with_grants(gains, grants)


async def find_total(tx: ReadTx, *, user_id: int, season_id: int) -> Total | None:
    """Return a player's progress; None before their first gain."""
    return await XpReader(tx).find_total(user_id=user_id, season_id=season_id)


async def list_totals(tx: ReadTx, *, user_id: int) -> list[Total]:
    """Return a player's progress in every season, newest season first."""
    return await XpReader(tx).list_totals(user_id=user_id)


async def list_players(tx: ReadTx, *, season_id: int, after: int, limit: int) -> list[Total]:
    """Return the progress of a season's players whose id is above ``after``, by user id."""
    return await XpReader(tx).list_players(season_id=season_id, after=after, limit=limit)


async def known_events(tx: ReadTx, event_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the events the ledger has already."""
    return await XpReader(tx).known(event_ids)


async def kept_payloads(tx: ReadTx, event_ids: Collection[UUID]) -> dict[UUID, Any]:
    """Return what the ledger kept of events."""
    return await XpReader(tx).payloads(event_ids)


async def list_lines(
    tx: ReadTx, *, user_id: int, season_id: int | None, before: UUID | None, limit: int
) -> tuple[list[Line], UUID | None]:
    """Return a page of a player's ledger, newest first, and where the next page starts."""
    found = await XpReader(tx).list_lines(user_id=user_id, season_id=season_id, before=before, limit=limit + 1)
    page = found[:limit]
    return page, page[-1].event_id if len(found) > limit else None


def _gain(season: Season, added: Added) -> Gain:
    return Gain(season, rules.level_before(season, added), added.total, added.stamps, grants=())


def _owed(gain: Gain) -> list[Owed]:
    reached = rules.newly_reached(gain.season, gain.level_before, gain.total.current_level)
    return [Owed(gain.total.user_id, gain.season.id, level) for level in reached if level.auto_claim]


def _with_grants(gains: Iterable[Gain], grants: Iterable[Grant]) -> list[Gain]:
    given: dict[tuple[int, int], list[Grant]] = defaultdict(list)
    for grant in grants:
        given[grant.user_id, grant.season_id].append(grant)
    return [replace(gain, grants=tuple(given[whose])) if (whose := _whose(gain)) in given else gain for gain in gains]


def _whose(gain: Gain) -> tuple[int, int]:
    return gain.total.user_id, gain.season.id


def _stamps(entries: Iterable[Entry]) -> list[UserEvent]:
    return [
        UserEvent(
            entry.user_id,
            "SEASON_PASS_STAMP",
            result={
                "season_id": entry.season.id,
                "day": entry.day,
                "xp": entry.xp,
                "source": entry.source,
            },
        )
        for entry in entries
        if entry.stamp and entry.season is not None
    ]


def _level_ups(gains: Iterable[Gain]) -> list[UserEvent]:
    return [
        UserEvent(
            gain.total.user_id,
            "SEASON_PASS_LEVEL_UP",
            result={
                "season_id": gain.season.id,
                "from_level": gain.level_before,
                "to_level": gain.total.current_level,
                "current_xp": gain.total.current_xp,
            },
        )
        for gain in gains
        if gain.total.current_level > gain.level_before
    ]
