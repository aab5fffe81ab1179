"""A player's rewards, and the desk where operators hand coupons and items over."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    NotAuthenticated,
    RequestInProgress,
    RoleMissing,
    ValidationFailed,
)
from fairground_common.web import CurrentPlayer, Database, IdempotencyKey, NoBody, Operator, problems
from fairground_common.web.idempotency import answered
from fairground_common.web.paging import DEFAULT_LIMIT, PageCursor, PageLimit, decode_cursor, page
from fairground_games.rewards import usecases
from fairground_games.rewards.errors import AlreadyFulfilled, FulfilmentCancelled, FulfilmentNotFound
from fairground_games.rewards.schemas import (
    FulfilmentOut,
    FulfilmentsOut,
    FulfilmentState,
    FulfilmentType,
    LedgerEntryOut,
    LedgerOut,
    RewardsOut,
)
from fairground_games.schema import idempotency

players = APIRouter(prefix="/api/rewards", tags=["rewards"])
operators = APIRouter(prefix="/api/admin/fulfilments", tags=["rewards-admin"])

_LARGEST_ID = 2**63 - 1
_RowId = Annotated[int, msgspec.Meta(ge=1, le=_LARGEST_ID)]


@players.get("", responses=problems(NotAuthenticated))
async def rewards(player: CurrentPlayer, db: Database) -> RewardsOut:
    """The player's balance and what is still to be handed over."""
    async with db.read() as tx:
        return RewardsOut.of(await usecases.read_holdings(tx, player.user_id))


@players.get("/ledger", response_model=LedgerOut, responses=problems(NotAuthenticated, ValidationFailed))
async def ledger(
    player: CurrentPlayer, db: Database, limit: PageLimit = DEFAULT_LIMIT, cursor: PageCursor = None
) -> Any:
    """Every change of the player's balance, newest first."""
    (before,) = decode_cursor(cursor, _RowId)
    async with db.read() as tx:
        entries = await usecases.list_ledger(tx, player.user_id, before=before, limit=limit + 1)
    return page(entries, limit, item=LedgerEntryOut.of, position=lambda entry: (entry.id,))


@operators.get("", response_model=FulfilmentsOut, responses=problems(NotAuthenticated, RoleMissing, ValidationFailed))
async def fulfilments(
    _operator: Operator,
    db: Database,
    *,
    state: FulfilmentState | None = None,
    reward_type: Annotated[FulfilmentType | None, Query(alias="type")] = None,
    user_id: Annotated[int | None, Query(ge=1, le=_LARGEST_ID)] = None,
    limit: PageLimit = DEFAULT_LIMIT,
    cursor: PageCursor = None,
) -> Any:
    """What is or was to be handed over, the longest owed first."""
    (after,) = decode_cursor(cursor, _RowId)
    async with db.read() as tx:
        owed = await usecases.list_fulfilments(
            tx, state=state, reward_type=reward_type, user_id=user_id, after=after, limit=limit + 1
        )
    return page(owed, limit, item=FulfilmentOut.of, position=lambda each: (each.id,))


@operators.post(
    "/{fulfilment_id}/fulfil",
    response_model=FulfilmentOut,
    responses=problems(
        IdempotencyKeyInvalid,
        NotAuthenticated,
        RoleMissing,
        FulfilmentNotFound,
        AlreadyFulfilled,
        FulfilmentCancelled,
        RequestInProgress,
        IdempotencyKeyReused,
        ValidationFailed,
    ),
)
async def fulfil(
    fulfilment_id: Annotated[int, Path(ge=1, le=_LARGEST_ID)],
    operator: Operator,
    key: IdempotencyKey,
    db: Database,
    _nothing: NoBody,
) -> Response:
    """Note that a coupon or item has been handed over."""

    async def effect(tx: Tx) -> Any:
        done = await usecases.fulfil(tx, fulfilment_id, by=operator.user_id)
        return FulfilmentOut.of(done).model_dump(mode="json")

    once = Once.of(user_id=operator.user_id, route=f"POST /api/admin/fulfilments/{fulfilment_id}/fulfil", key=key)
    return answered(await answer_once(db, idempotency, once, effect))


router = APIRouter()
router.include_router(players)
router.include_router(operators)
