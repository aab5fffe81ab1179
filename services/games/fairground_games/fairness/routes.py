"""Fairness over HTTP: what is promised, what is revealed, what was drawn."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    LockNotAcquired,
    MalformedJson,
    NotAuthenticated,
    RequestInProgress,
    ValidationFailed,
)
from fairground_common.web import CurrentPlayer, Database, IdempotencyKey, problems
from fairground_common.web.idempotency import answered
from fairground_games.configs.dependencies import KnownVersions
from fairground_games.fairness import usecases
from fairground_games.fairness.schemas import FairnessOut, ReceiptOut, RotatedOut, RotateIn
from fairground_games.fairness.seeds import SeedKeyUnknown, Seeds
from fairground_games.games import GAMES
from fairground_games.plays.errors import PlayNotFound
from fairground_games.schema import idempotency

router = APIRouter(prefix="/api/fairness", tags=["fairness"], responses=problems(NotAuthenticated))


async def _seeds(request: Request) -> Seeds:
    seeds: Seeds = request.app.state.seeds
    return seeds


HeldSeeds = Annotated[Seeds, Depends(_seeds)]


@router.get("", responses=problems(SeedKeyUnknown))
async def read_fairness(player: CurrentPlayer, db: Database, seeds: HeldSeeds) -> FairnessOut:
    """What the next play will be drawn from: the commitment, the client seed, the nonce."""
    async with db.read() as tx:
        return FairnessOut.of(await usecases.read_promise(tx, seeds, player.user_id))


@router.post(
    "/rotate",
    response_model=RotatedOut,
    responses=problems(
        MalformedJson,
        IdempotencyKeyInvalid,
        RequestInProgress,
        ValidationFailed,
        IdempotencyKeyReused,
        LockNotAcquired,
        SeedKeyUnknown,
    ),
)
async def rotate(
    player: CurrentPlayer, db: Database, seeds: HeldSeeds, key: IdempotencyKey, body: RotateIn | None = None
) -> Response:
    """Reveal the server seed in use and start the next one, which was committed to before."""
    client_seed = None if body is None else body.client_seed

    async def effect(tx: Tx) -> Any:
        revealed, promise = await usecases.rotate(tx, seeds, user_id=player.user_id, client_seed=client_seed)
        return RotatedOut.of(revealed, promise).model_dump(mode="json")

    once = Once.of(
        user_id=player.user_id, route="POST /api/fairness/rotate", key=key, request={"client_seed": client_seed}
    )
    return answered(await answer_once(db, idempotency, once, effect))


@router.get(
    "/receipts/{play_id}",
    response_model_exclude_none=True,
    responses=problems(PlayNotFound, ValidationFailed, SeedKeyUnknown, *(game.broken for game in GAMES)),
)
async def read_receipt(
    play_id: UUID, player: CurrentPlayer, db: Database, seeds: HeldSeeds, versions: KnownVersions
) -> ReceiptOut:
    """Return all that is needed to compute one of your plays again; the server seed once it is revealed."""
    async with db.read() as tx:
        receipt = await usecases.get_receipt(tx, seeds, versions, user_id=player.user_id, play_id=play_id)
    return ReceiptOut.of(receipt)
