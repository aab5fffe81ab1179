"""Odds over HTTP, for everybody: no token is asked for."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter

from fairground_common.errors import ValidationFailed
from fairground_common.web import Database, problems
from fairground_common.web.paging import DEFAULT_LIMIT, PageCursor, PageLimit, decode_cursor, page
from fairground_games.configs.dependencies import KnownVersions
from fairground_games.configs.errors import ConfigNotFound
from fairground_games.games import GAMES
from fairground_games.games.game import Game
from fairground_games.odds import usecases
from fairground_games.odds.rules import Position, position_of
from fairground_games.odds.schemas import OddsHistoryOut, OddsOut, item_of

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


def _router_of(game: Game) -> APIRouter:
    router = APIRouter(prefix=f"/api/{game.name}/odds", tags=[game.name])

    @router.get("", responses=problems(ConfigNotFound, game.broken))
    async def odds(db: Database, versions: KnownVersions) -> OddsOut:
        """The exact chances of the next play."""
        async with db.read() as tx:
            return OddsOut.of(game, await usecases.read_odds(tx, versions, game))

    @router.get("/history", responses=problems(ValidationFailed))
    async def odds_history(
        db: Database, versions: KnownVersions, limit: PageLimit = DEFAULT_LIMIT, cursor: PageCursor = None
    ) -> OddsHistoryOut:
        """What the chances were: versions in force and changes of stock, newest first."""
        async with db.read() as tx:
            items = await usecases.list_history(tx, versions, game, before=_position(cursor), limit=limit + 1)
        return OddsHistoryOut.model_validate(page(items, limit, item=item_of, position=position_of))

    return router


def _position(cursor: str | None) -> Position | None:
    moment, rank, number = decode_cursor(cursor, _Moment, _Id, _Id)
    return None if moment is None else (moment, rank, number)


routers = tuple(_router_of(game) for game in GAMES)
