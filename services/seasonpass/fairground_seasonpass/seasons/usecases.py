"""What happens to seasons, and how other slices find the one they need."""

import datetime
from collections.abc import Collection
from dataclasses import replace

import msgspec

from fairground_common.db import ReadTx, Tx
from fairground_common.db.audit import audit
from fairground_common.errors import ValidationFailed
from fairground_seasonpass.schema import audit_log
from fairground_seasonpass.seasons import rules
from fairground_seasonpass.seasons.errors import (
    NoActiveSeason,
    NoActiveSeasonConflict,
    SeasonNotEditable,
    SeasonNotFound,
    SeasonNotPublished,
)
from fairground_seasonpass.seasons.repository import SeasonRepository, SeasonWriter
from fairground_seasonpass.seasons.season import Season, State


async def create_season(tx: Tx, *, draft: Season, by: int) -> Season:
    """Store a draft. It may be incomplete: the curve is checked when it is published."""
    season = replace(draft, id=await SeasonWriter(tx).add(draft))
    await _audited(tx, "SEASON_CREATED", season, by=by)
    return season


async def edit_season(tx: Tx, *, draft: Season, by: int) -> Season:
    """Replace a draft's content."""
    before = await _lock(tx, draft.id)
    if before.state != "DRAFT":
        raise SeasonNotEditable(f"The season is {before.state}.")
    await SeasonWriter(tx).replace(draft)
    await _audited(tx, "SEASON_EDITED", draft, by=by, before=before)
    return draft


async def clone_season(tx: Tx, *, season_id: int, changes: rules.Changes, by: int) -> Season:
    """Store a draft like a season of any state. Raises SeasonNotFound, ValidationFailed."""
    draft = rules.copy_of(await get_season(tx, season_id), changes)
    clone = replace(draft, id=await SeasonWriter(tx).add(draft))
    await _audited(tx, "SEASON_CLONED", clone, by=by, cloned_from=season_id)
    return clone


async def publish_season(tx: Tx, *, season_id: int, by: int) -> Season:
    """Show a draft to players, from its first day on.

    Raises SeasonNotFound, SeasonNotEditable, ValidationFailed, NoActiveSeasonConflict.
    """
    draft = await _lock(tx, season_id)
    if draft.state != "DRAFT":
        raise SeasonNotEditable(f"The season is {draft.state}.")
    faults = rules.faults_of(draft, tx.today)
    if faults:
        raise ValidationFailed("The season cannot be published as it is.", errors=faults)
    overlaps = rules.overlaps_of(draft, await list_published_seasons(tx))
    if overlaps:
        raise NoActiveSeasonConflict(errors=overlaps)
    await SeasonWriter(tx).publish(season_id)
    season = replace(draft, state="PUBLISHED", published_at=tx.now)
    await _audited(tx, "SEASON_PUBLISHED", season, by=by, before=draft)
    return season


async def retire_season(tx: Tx, *, season_id: int, by: int) -> Season:
    """End a published season now: no more XP, claims stay open through its grace days."""
    before = await _lock(tx, season_id)
    if before.state != "PUBLISHED":
        raise SeasonNotPublished(f"The season is {before.state}.")
    await SeasonWriter(tx).retire(season_id)
    season = replace(before, state="RETIRED", retired_at=tx.now)
    await _audited(tx, "SEASON_RETIRED", season, by=by, before=before)
    return season


async def get_season(tx: ReadTx, season_id: int) -> Season:
    """Return a season of any state."""
    season = await SeasonRepository(tx).find(season_id)
    if season is None:
        raise SeasonNotFound
    return season


async def list_seasons_by_id(tx: ReadTx, season_ids: Collection[int]) -> list[Season]:
    """Return those of the seasons that exist, newest first."""
    return await SeasonRepository(tx).list_by_id(season_ids) if season_ids else []


async def list_seasons(
    tx: ReadTx, *, state: State | None = None, before: int | None, limit: int
) -> tuple[list[Season], int | None]:
    """Return a page of seasons, newest first, and where the next page starts."""
    found = await SeasonRepository(tx).list_page(state=state, before=before, limit=limit + 1)
    page = found[:limit]
    return page, page[-1].id if len(found) > limit else None


async def get_active_season(tx: ReadTx) -> Season:
    """Return the season that is running today."""
    return rules.active_season(await SeasonRepository(tx).list_open(tx.today), tx.today)


async def get_shown_season(tx: ReadTx, season_id: int | None) -> Season:
    """Return the season a player asks for: by id, else the running one, else the latest still open for claims."""
    if season_id is None:
        return rules.shown_season(await SeasonRepository(tx).list_open(tx.today), tx.today)
    season = await get_season(tx, season_id)
    if season.state == "DRAFT":
        raise SeasonNotFound
    return season


async def get_claimable_season(tx: ReadTx, season_id: int | None) -> Season:
    """Return the season a player claims in; NoActiveSeason when its claims are not open."""
    season = await get_shown_season(tx, season_id)
    if rules.phase_of(season, tx.today) not in {"ACTIVE", "CLAIMING"}:
        raise NoActiveSeason("This season is not open for claims.")
    return season


async def list_seasons_of(tx: ReadTx, days: Collection[datetime.date]) -> list[Season]:
    """Return every season players have seen that may cover one of the days."""
    return await SeasonRepository(tx).list_public(min(days), max(days))


async def list_published_seasons(tx: ReadTx) -> list[Season]:
    return await SeasonRepository(tx).list_published()


async def _lock(tx: Tx, season_id: int) -> Season:
    season = await SeasonWriter(tx).lock(season_id)
    if season is None:
        raise SeasonNotFound
    return season


async def _audited(tx: Tx, action: str, season: Season, *, by: int, before: Season | None = None, **more: int) -> None:
    await audit(
        tx,
        audit_log,
        by=by,
        action=action,
        subject=f"season:{season.id}",
        before=None if before is None else msgspec.to_builtins(before),
        after=msgspec.to_builtins(season) | more,
    )
