"""Lottery stock over HTTP, for operators. (The public record is part of the odds' history.)"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    LockNotAcquired,
    MalformedJson,
    NotAuthenticated,
    RequestInProgress,
    RoleMissing,
    ValidationFailed,
)
from fairground_common.web import Database, IdempotencyKey, Operator, problems
from fairground_common.web.idempotency import answered
from fairground_common.web.paging import DEFAULT_LIMIT, PageCursor, PageLimit, decode_cursor, page
from fairground_games.games.outcome import PRIZE_KEY
from fairground_games.schema import idempotency
from fairground_games.stock import usecases
from fairground_games.stock.errors import PrizeNotFound, StockBelowZero, StockUnlimited
from fairground_games.stock.schemas import RestockedOut, RestockIn, StockOut, StocksOut

router = APIRouter(
    prefix="/api/admin/lottery/prizes",
    tags=["lottery-admin"],
    responses=problems(NotAuthenticated, RoleMissing, ValidationFailed),
)

KEYED = (IdempotencyKeyInvalid, RequestInProgress, ValidationFailed, IdempotencyKeyReused)


@router.post(
    "/{key}/restock",
    response_model=RestockedOut,
    responses=problems(MalformedJson, PrizeNotFound, StockUnlimited, StockBelowZero, LockNotAcquired, *KEYED),
)
async def restock(
    key: str, body: RestockIn, operator: Operator, db: Database, idempotency_key: IdempotencyKey
) -> Response:
    """Add units of a prize, or take some away."""

    async def effect(tx: Tx) -> Any:
        stock = await usecases.restock(tx, key=key, delta=body.delta, by=operator.user_id)
        return {"left": stock.left, "issued": stock.issued}

    once = Once.of(
        user_id=operator.user_id,
        route=f"POST /api/admin/lottery/prizes/{key}/restock",
        key=idempotency_key,
        request=body.model_dump(mode="json"),
    )
    return answered(await answer_once(db, idempotency, once, effect))


@router.get("")
async def list_prizes(
    _operator: Operator, db: Database, limit: PageLimit = DEFAULT_LIMIT, cursor: PageCursor = None
) -> StocksOut:
    """List every prize key with its stock."""
    (after,) = decode_cursor(cursor, Annotated[str, msgspec.Meta(pattern=PRIZE_KEY)])
    async with db.read() as tx:
        stocks = await usecases.list_stocks(tx, after=after, limit=limit + 1)
    return StocksOut.model_validate(page(stocks, limit, item=StockOut.of, position=lambda stock: (stock.key,)))
