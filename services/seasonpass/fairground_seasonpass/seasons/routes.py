"""Seasons over HTTP, for operators; publishing and retiring are an admin's."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import IdempotencyKeyReused, RequestInProgress, RoleMissing, ValidationFailed
from fairground_common.web import Admin, Database, IdempotencyKey, Operator, problems
from fairground_common.web.idempotency import answered
from fairground_seasonpass.plays.usecases import count_waiting_plays_for
from fairground_seasonpass.schema import idempotency
from fairground_seasonpass.seasons import usecases
from fairground_seasonpass.seasons.errors import (
    NoActiveSeasonConflict,
    SeasonNotEditable,
    SeasonNotFound,
    SeasonNotPublished,
)
from fairground_seasonpass.seasons.schemas import CloneIn, SeasonId, SeasonIn, SeasonOut, SeasonsOut, StoredOut
from fairground_seasonpass.seasons.season import State

router = APIRouter(prefix="/api/admin/seasons", tags=["seasons"])

KEYED = (RoleMissing, RequestInProgress, ValidationFailed, IdempotencyKeyReused)
WAITING_PLAYS_SECONDS = 2.0
"""How long publishing counts waiting plays before it answers; below the gateway's 5 s."""


@router.post("", status_code=201, response_model=StoredOut, responses=problems(*KEYED))
async def create(operator: Operator, db: Database, key: IdempotencyKey, body: SeasonIn) -> Response:
    """Store a draft."""
    draft = body.draft()

    async def effect(tx: Tx) -> Any:
        season = await usecases.create_season(tx, draft=draft, by=operator.user_id)
        return {"id": season.id, "state": season.state}

    once = Once.of(
        user_id=operator.user_id, route="POST /api/admin/seasons", key=key, request=body.model_dump(mode="json")
    )
    return answered(await answer_once(db, idempotency, once, effect), 201)


@router.get("", responses=problems(RoleMissing, ValidationFailed))
async def list_all(
    _operator: Operator,
    db: Database,
    state: Annotated[State | None, Query()] = None,
    cursor: Annotated[SeasonId | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SeasonsOut:
    """Seasons of one state, or all of them, newest first."""
    async with db.read() as tx:
        seasons, following = await usecases.list_seasons(tx, state=state, before=cursor, limit=limit)
    return SeasonsOut.of(seasons, following)


@router.get("/{season_id}", responses=problems(RoleMissing, SeasonNotFound, ValidationFailed))
async def read(season_id: SeasonId, _operator: Operator, db: Database) -> SeasonOut:
    async with db.read() as tx:
        return SeasonOut.of(await usecases.get_season(tx, season_id))


@router.put("/{season_id}", responses=problems(RoleMissing, SeasonNotFound, SeasonNotEditable, ValidationFailed))
async def edit(season_id: SeasonId, operator: Operator, db: Database, body: SeasonIn) -> SeasonOut:
    """Replace a draft."""
    draft = body.draft(season_id)
    async with db.begin() as tx:
        return SeasonOut.of(await usecases.edit_season(tx, draft=draft, by=operator.user_id))


@router.post(
    "/{season_id}/clone", status_code=201, response_model=SeasonOut, responses=problems(SeasonNotFound, *KEYED)
)
async def clone(
    season_id: SeasonId, operator: Operator, db: Database, key: IdempotencyKey, body: CloneIn | None = None
) -> Response:
    """Store a draft like this season, on its dates or others: the way to change what is published."""
    asked = body or CloneIn()

    async def effect(tx: Tx) -> Any:
        draft = await usecases.clone_season(tx, season_id=season_id, changes=asked.changes(), by=operator.user_id)
        return SeasonOut.of(draft).model_dump(mode="json")

    once = Once.of(
        user_id=operator.user_id,
        route=f"POST /api/admin/seasons/{season_id}/clone",
        key=key,
        request=asked.model_dump(mode="json"),
    )
    return answered(await answer_once(db, idempotency, once, effect), 201)


@router.post(
    "/{season_id}/publish",
    response_model=SeasonOut,
    responses=problems(SeasonNotFound, SeasonNotEditable, NoActiveSeasonConflict, *KEYED),
)
async def publish(season_id: SeasonId, admin: Admin, db: Database, key: IdempotencyKey) -> Response:
    """Show a draft to players, and count the plays that have waited for it."""

    async def effect(tx: Tx) -> Any:
        season = await usecases.publish_season(tx, season_id=season_id, by=admin.user_id)
        return SeasonOut.of(season).model_dump(mode="json")

    once = Once.of(user_id=admin.user_id, route=f"POST /api/admin/seasons/{season_id}/publish", key=key)
    answer = await answer_once(db, idempotency, once, effect)
    await count_waiting_plays_for(db, seconds=WAITING_PLAYS_SECONDS)
    return answered(answer)


@router.post(
    "/{season_id}/retire",
    response_model=SeasonOut,
    responses=problems(SeasonNotFound, SeasonNotPublished, *KEYED),
)
async def retire(season_id: SeasonId, admin: Admin, db: Database, key: IdempotencyKey) -> Response:
    """End a season now: no more XP; claims stay open through its grace days."""

    async def effect(tx: Tx) -> Any:
        season = await usecases.retire_season(tx, season_id=season_id, by=admin.user_id)
        return SeasonOut.of(season).model_dump(mode="json")

    once = Once.of(user_id=admin.user_id, route=f"POST /api/admin/seasons/{season_id}/retire", key=key)
    return answered(await answer_once(db, idempotency, once, effect))
