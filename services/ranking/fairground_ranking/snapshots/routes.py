"""The ranking over HTTP: read by players, published by operators."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.requests import ClientDisconnect

from fairground_common.errors import (
    MalformedJson,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)
from fairground_common.features import FeatureUnknown, NoFeatureToday
from fairground_common.web import CurrentPlayer, Database, Operator, problems
from fairground_common.web.days import Day
from fairground_ranking.snapshots import usecases
from fairground_ranking.snapshots.errors import (
    InvalidRanking,
    RankingUploadInProgress,
    RankingVersionNotFound,
    UploadAborted,
)
from fairground_ranking.snapshots.schemas import (
    UPLOAD_BODY,
    PlayerOut,
    PublishedOut,
    RollbackIn,
    StandingsOut,
    VersionsOut,
)
from fairground_ranking.snapshots.uploads import CSV, JSON, read_upload

MOST_BYTES = 10 * 1024 * 1024

players = APIRouter(prefix="/api/ranking", tags=["ranking"])
operators = APIRouter(prefix="/api/admin/ranking", tags=["ranking-admin"])


@players.get("/today", responses=problems(NoFeatureToday, FeatureUnknown, ValidationFailed))
async def today(
    request: Request, player: CurrentPlayer, db: Database, top: Annotated[int, Query(ge=1, le=100)] = 10
) -> StandingsOut:
    """Today's ranking and the player's own place in it."""
    test_mode: bool = request.app.state.settings.test_mode
    async with db.read() as tx:
        standings = await usecases.read_todays_standings(tx, user_id=player.user_id, top=top, test_mode=test_mode)
    return StandingsOut.of(tx.today, standings)


@operators.put(
    "/{date}",
    responses=problems(
        InvalidRanking,
        ValidationFailed,
        MalformedJson,
        UploadAborted,
        PayloadTooLarge,
        UnsupportedMediaType,
        RankingUploadInProgress,
    ),
    openapi_extra=UPLOAD_BODY,
)
async def upload(
    date: Day, request: Request, operator: Operator, db: Database, *, dry_run: bool = False
) -> PublishedOut:
    """Publish a day's ranking, whole or not at all. The same content again is the same version."""
    media_type = _media_type(request)
    ranking = await asyncio.to_thread(read_upload, await _body(request), media_type)
    if dry_run:
        return PublishedOut(version=None, entries=len(ranking.entries))
    async with db.begin() as tx:
        snapshot = await usecases.publish_ranking(tx, date=date, ranking=ranking, by=operator.user_id)
    return PublishedOut.of(snapshot)


@operators.get("/{date}/versions", responses=problems(ValidationFailed))
async def versions(date: Day, _operator: Operator, db: Database) -> VersionsOut:
    """All versions of a day, newest first."""
    async with db.read() as tx:
        return VersionsOut.of(await usecases.list_versions(tx, date))


@operators.post(
    "/{date}/rollback", responses=problems(RankingVersionNotFound, RankingUploadInProgress, ValidationFailed)
)
async def rollback(date: Day, body: RollbackIn, operator: Operator, db: Database) -> PublishedOut:
    """Show players another version of a day's ranking; none is ever deleted."""
    async with db.begin() as tx:
        snapshot = await usecases.roll_back_ranking(tx, date=date, version=body.version, by=operator.user_id)
    return PublishedOut.of(snapshot)


@operators.get("/players/{user_id}", responses=problems(ValidationFailed))
async def player(user_id: Annotated[int, Path(ge=1, le=2**63 - 1)], _operator: Operator, db: Database) -> PlayerOut:
    """Where a player stood: the ranking's part of the look-up of a player."""
    async with db.read() as tx:
        return PlayerOut.of(user_id, await usecases.list_places(tx, user_id=user_id))


def _media_type(request: Request) -> str:
    media_type, _, parameters = request.headers.get("content-type", JSON).lower().partition(";")
    charset = parameters.replace('"', "").replace(" ", "").removeprefix("charset=")
    if media_type.strip() not in {JSON, CSV} or charset not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaType(f"Send {JSON} or {CSV}, in UTF-8.")
    return media_type.strip()


async def _body(request: Request) -> bytes:
    """Read the body, refusing it as soon as it is too large."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise PayloadTooLarge(f"A ranking has at most {MOST_BYTES // 2**20} MiB.")
    except ClientDisconnect:
        raise UploadAborted from None
    return bytes(body)
