"""Keeping the XP ledger: lines are written once, progress is their sum, levels follow from progress.

All writers come this way and in one order (ledger, then progress by player and season), so that batches of several
processes wait for each other instead of deadlocking.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID

from fairground_common.db import ReadTx, Tx, UserEvent, log_user_events
from fairground_seasonpass.rewards.grant import Grant, Owed
from fairground_seasonpass.rewards.usecases import give
from fairground_seasonpass.schema import user_event_log
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.xp import rules
from fairground_seasonpass.xp.entry import Entry, Gain, Line, Total
from fairground_seasonpass.xp.repository import Increase, XpReader, XpRepository


async def write_lines(tx: Tx, entries: Sequence[Entry]) -> list[Entry]:
    """Write lines to the ledger; return those whose events it did not have."""
    if not entries:
        return []
    new = await XpRepository(tx).append(sorted(entries, key=lambda entry: entry.event_id))
    return [entry for entry in entries if entry.event_id in new]


async def add_up(tx: Tx, entries: Sequence[Entry]) -> list[Gain]:
    """Let new lines of seasons count: XP, stamps, levels, and the rewards of automatic levels."""
    if not entries:
        return []
    repository = XpRepository(tx)
    seasons = {entry.season.id: entry.season for entry in entries if entry.season is not None}
    totals = await repository.increase(_increases(entries))
    risen = [(seasons[total.season_id], total, _after(seasons[total.season_id], total)) for total in totals]
    await _store_levels(repository, [after for _, before, after in risen if after.current_level > before.current_level])
    grants = await give(tx, [owed for season, before, after in risen for owed in _owed(season, before, after)])
    gains = _gains(risen, grants)
    await log_user_events(tx, user_event_log, [*_stamps(entries), *_level_ups(gains)])
    return gains


async def find_total(tx: ReadTx, *, user_id: int, season_id: int) -> Total | None:
    """Return a player's progress; None before their first gain."""
    return await XpReader(tx).find_total(user_id=user_id, season_id=season_id)


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


def _increases(entries: Iterable[Entry]) -> list[Increase]:
    """Sum lines up by player and season, in the order in which progress is locked."""
    ordered = sorted(entries, key=_whose)
    return [_sum(user_id, season_id, list(lines)) for (user_id, season_id), lines in groupby(ordered, key=_whose)]


def _whose(entry: Entry) -> tuple[int, int]:
    assert entry.season is not None, "a line without a season adds nothing up"
    return entry.user_id, entry.season.id


def _sum(user_id: int, season_id: int, lines: Sequence[Entry]) -> Increase:
    stamped = [line.day for line in lines if line.stamp]
    return Increase(
        user_id=user_id,
        season_id=season_id,
        xp=sum(line.xp for line in lines),
        stamps=len(stamped),
        last_stamp_date=max(stamped, default=None),
    )


def _after(season: Season, total: Total) -> Total:
    return replace(total, current_level=rules.level_at(season, total.current_xp))


async def _store_levels(repository: XpRepository, totals: Sequence[Total]) -> None:
    if totals:
        await repository.set_levels(totals)


def _owed(season: Season, before: Total, after: Total) -> list[Owed]:
    reached = rules.newly_reached(season, before.current_level, after.current_level)
    return [Owed(after.user_id, season.id, level) for level in reached if level.auto_claim]


def _gains(risen: Iterable[tuple[Season, Total, Total]], grants: Iterable[Grant]) -> list[Gain]:
    granted: dict[tuple[int, int], list[Grant]] = defaultdict(list)
    for grant in grants:
        granted[grant.user_id, grant.season_id].append(grant)
    return [
        Gain(season, before.current_level, after, tuple(granted[after.user_id, season.id]))
        for season, before, after in risen
    ]


def _stamps(entries: Iterable[Entry]) -> list[UserEvent]:
    return [
        UserEvent(
            entry.user_id,
            "SEASON_PASS_STAMP",
            result={
                "season_id": _whose(entry)[1],
                "day": entry.day.isoformat(),
                "xp": entry.xp,
                "source": entry.source,
            },
        )
        for entry in entries
        if entry.stamp
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
