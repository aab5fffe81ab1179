"""Play a game, see whether one may, see what one has played. The same routes for every game."""

import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Request, Response

from fairground_common.context import current_request_id, current_traceparent
from fairground_common.errors import (
    LockNotAcquired,
    MalformedJson,
    NotAuthenticated,
    RequestInProgress,
    ServiceUnavailable,
    ValidationFailed,
)
from fairground_common.features import NoFeatureToday
from fairground_common.web import CurrentPlayer, IdempotencyKey, NoBody, problems
from fairground_common.web.idempotency import REPLAYED
from fairground_common.web.paging import DEFAULT_LIMIT, PageCursor, PageLimit, decode_cursor, page
from fairground_games.configs.versions import Versions
from fairground_games.features.errors import InvalidFeatureSchedule
from fairground_games.games import GAMES
from fairground_games.games.game import Game
from fairground_games.games.lottery import Lottery
from fairground_games.plays import reads
from fairground_games.plays.errors import DailyLimitReached, LotterySoldOut
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.queue import PlayQueue
from fairground_games.plays.schemas import HistoryOut, PlayOut, StatusOut

JSON = "application/json"


class Desk:
    """What the play routes of one process share; opened by the app's lifespan."""

    def __init__(self, queue: PlayQueue, pool: asyncpg.Pool, versions: Versions, *, test_mode: bool) -> None:
        self.queue = queue
        self.pool = pool
        self.versions = versions
        self.test_mode = test_mode


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]


def _router_of(game: Game) -> APIRouter:
    router = APIRouter(prefix=f"/api/{game.name}", tags=[game.name])

    @router.post(
        "/play",
        response_model=PlayOut,
        responses=problems(*_refusals(game)),
        summary="Play once",
    )
    async def play(player: CurrentPlayer, key: IdempotencyKey, desk: AtDesk, _nothing: NoBody) -> Response:
        asked = Play(player.user_id, game, key, current_request_id(), current_traceparent())
        answered = await desk.queue.play(asked)
        return Response(
            msgspec.json.encode(answered.body()), media_type=JSON, headers=REPLAYED if answered.replayed else None
        )

    @router.get("/status", response_model=StatusOut, responses=problems(NotAuthenticated, game.broken))
    async def status(player: CurrentPlayer, desk: AtDesk) -> Response:
        body = await reads.status(desk.pool, desk.versions, game, player.user_id, test_mode=desk.test_mode)
        return Response(msgspec.json.encode(body), media_type=JSON)

    @router.get("/history", response_model=HistoryOut, responses=problems(NotAuthenticated, ValidationFailed))
    async def history(
        player: CurrentPlayer, desk: AtDesk, limit: PageLimit = DEFAULT_LIMIT, cursor: PageCursor = None
    ) -> Response:
        before = decode_cursor(cursor, Annotated[datetime.datetime, msgspec.Meta(tz=True)], UUID)
        answers = await reads.history(
            desk.pool, desk.versions, game, player.user_id, before=(before[0], before[1]), limit=limit + 1
        )
        body = page(answers, limit, item=_history_item, position=lambda a: (a.play.created_at, a.play.play_id))
        return Response(msgspec.json.encode(body), media_type=JSON)

    return router


def _refusals(game: Game) -> tuple[Any, ...]:
    common = (
        MalformedJson,
        NotAuthenticated,
        NoFeatureToday,
        InvalidFeatureSchedule,
        game.broken,
        RequestInProgress,
        ValidationFailed,
        DailyLimitReached,
        LockNotAcquired,
        ServiceUnavailable,
    )
    return (*common, LotterySoldOut) if isinstance(game, Lottery) else common


def _history_item(answered: Answered) -> dict[str, Any]:
    return answered.body() | {"created_at": answered.play.created_at}


routers = tuple(_router_of(game) for game in GAMES)
