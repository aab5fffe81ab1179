"""Exports over HTTP, for operators."""

from collections.abc import AsyncIterator

from fastapi import APIRouter

from fairground_common.db import Db
from fairground_common.errors import NotAuthenticated, RoleMissing, ValidationFailed
from fairground_common.web import Database, Operator, problems
from fairground_common.web.csv import CsvResponse, csv_download
from fairground_seasonpass.exports import usecases
from fairground_seasonpass.exports.schemas import COLUMNS, cells_of
from fairground_seasonpass.seasons.errors import SeasonNotFound
from fairground_seasonpass.seasons.schemas import SeasonId
from fairground_seasonpass.seasons.season import Season
from fairground_seasonpass.seasons.usecases import get_season

router = APIRouter(prefix="/api/admin/seasonpass/seasons", tags=["seasonpass-admin"])

PAGE = 2000
"""Players read in one transaction: a few milliseconds, so that a slow download holds neither lock nor snapshot."""


@router.get(
    "/{season_id}/export.csv",
    response_class=CsvResponse,
    responses=problems(NotAuthenticated, RoleMissing, SeasonNotFound, ValidationFailed),
)
async def export_players(season_id: SeasonId, _operator: Operator, db: Database) -> CsvResponse:
    """A line for each player with progress in the season, by user id, each as it was when it was read."""
    async with db.read() as tx:
        season = await get_season(tx, season_id)
    return csv_download(f"season-{season.id}.csv", COLUMNS, _pages(db, season))


async def _pages(db: Db, season: Season) -> AsyncIterator[list[tuple[object, ...]]]:
    after = 0
    while True:
        async with db.read() as tx:
            rows = await usecases.list_rows(tx, season_id=season.id, after=after, limit=PAGE)
        if not rows:
            return
        yield [cells_of(season, row) for row in rows]
        after = rows[-1].total.user_id
