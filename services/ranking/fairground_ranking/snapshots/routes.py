"""The ranking over HTTP: read by players, published by operators."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from fairground_common.apart import run_apart
from fairground_common.db import Db
from fairground_common.errors import (
    MalformedJson,
    NotAuthenticated,
    PayloadTooLarge,
    RoleMissing,
    UnsupportedMediaType,
    UploadAborted,
    ValidationFailed,
)
from fairground_common.features import FeatureUnknown, NoFeatureToday
from fairground_common.web import CurrentPlayer, Database, Operator, problems
from fairground_common.web.csv import CsvResponse, csv_download
from fairground_common.web.times import Day
from fairground_common.web.uploads import receive_upload
from fairground_ranking.personal.errors import PlayerErasedMeanwhile
from fairground_ranking.personal.usecases import list_erased
from fairground_ranking.snapshots import usecases
from fairground_ranking.snapshots.errors import InvalidRanking, RankingUploadInProgress, RankingVersionNotFound
from fairground_ranking.snapshots.rules import EXPORT_COLUMNS, Snapshot
from fairground_ranking.snapshots.schemas import (
    UPLOAD_BODY,
    PlayerOut,
    PublishedOut,
    RollbackIn,
    StandingsOut,
    VersionNumber,
    VersionsOut,
    cells_of,
)
from fairground_ranking.snapshots.uploads import Received, read_ranking

MOST_BYTES = 10 * 1024 * 1024

TURN_SECONDS = 15.0
"""The longest wait for other uploads: with reading and storing after it still below the gateway's 30 s."""

PAGE = 5000
"""Entries read in one transaction: some milliseconds, so that a slow download holds neither connection nor snapshot."""

players = APIRouter(prefix="/api/ranking", tags=["ranking"], responses=problems(NotAuthenticated))
operators = APIRouter(
    prefix="/api/admin/ranking", tags=["ranking-admin"], responses=problems(NotAuthenticated, RoleMissing)
)


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
        PlayerErasedMeanwhile,
    ),
    openapi_extra=UPLOAD_BODY,
)
async def upload(
    date: Day, request: Request, operator: Operator, db: Database, *, dry_run: bool = False
) -> PublishedOut:
    """Publish a day's ranking, whole or not at all. The same content again is the same version."""
    received = await receive_upload(request, most_bytes=MOST_BYTES)
    async with _turn(request.app.state.uploads):
        async with db.read() as tx:
            erased = await list_erased(tx)
        ranking = await run_apart(read_ranking, Received(received, erased))
        if dry_run:
            return PublishedOut(version=None, entries=ranking.entries)
        async with db.begin() as tx:
            snapshot = await usecases.publish_ranking(tx, date=date, ranking=ranking, by=operator.user_id)
    return PublishedOut.of(snapshot)


@operators.get("/{date}/versions", responses=problems(ValidationFailed))
async def versions(date: Day, _operator: Operator, db: Database) -> VersionsOut:
    """All versions of a day, newest first."""
    async with db.read() as tx:
        return VersionsOut.of(await usecases.list_versions(tx, date))


@operators.get(
    "/{date}/versions/{version}.csv",
    response_class=CsvResponse,
    responses=problems(RankingVersionNotFound, ValidationFailed),
)
async def export_version(date: Day, version: VersionNumber, _operator: Operator, db: Database) -> CsvResponse:
    """A version as a file, by rank. Uploaded again as it is, it is this version."""
    async with db.read() as tx:
        snapshot = await usecases.get_version(tx, date, version)
    return csv_download(f"ranking-{date}-{version}.csv", EXPORT_COLUMNS, _pages(db, snapshot))


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


async def _pages(db: Db, snapshot: Snapshot) -> AsyncIterator[list[tuple[object, ...]]]:
    after = 0
    while True:
        async with db.read() as tx:
            entries = await usecases.list_entries(tx, snapshot, after=after, limit=PAGE)
        if not entries:
            return
        yield [cells_of(entry) for entry in entries]
        after = entries[-1].rank


@asynccontextmanager
async def _turn(uploads: asyncio.Lock) -> AsyncIterator[None]:
    """Have one ranking in memory at a time: the largest takes some 60 MB while it is read and stored."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await uploads.acquire()
    except TimeoutError:
        raise RankingUploadInProgress(retry_after=5) from None
    try:
        yield
    finally:
        uploads.release()
