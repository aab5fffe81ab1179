"""Claims over HTTP."""

from typing import Any

from fastapi import APIRouter, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import IdempotencyKeyReused, LockNotAcquired, RequestInProgress, ValidationFailed
from fairground_common.web import CurrentPlayer, Database, IdempotencyKey, problems
from fairground_common.web.idempotency import answered
from fairground_common.web.turns import PlayersTurns
from fairground_seasonpass.claims import usecases
from fairground_seasonpass.claims.errors import AutoClaimLevel, LevelNotFound, LevelNotReached
from fairground_seasonpass.claims.schemas import Claim, ClaimAll, ClaimedAllOut, ClaimedOut
from fairground_seasonpass.rewards.errors import RewardAlreadyClaimed
from fairground_seasonpass.schema import idempotency
from fairground_seasonpass.seasons.errors import NoActiveSeason, NoActiveSeasonConflict, SeasonNotFound

router = APIRouter(prefix="/api/season-pass", tags=["season-pass"])

WITHOUT_SEASON = (NoActiveSeason, NoActiveSeasonConflict, SeasonNotFound)
KEYED = (RequestInProgress, ValidationFailed, IdempotencyKeyReused, LockNotAcquired)


@router.post(
    "/claim",
    response_model=ClaimedOut,
    responses=problems(*WITHOUT_SEASON, LevelNotFound, LevelNotReached, AutoClaimLevel, RewardAlreadyClaimed, *KEYED),
)
async def claim(player: CurrentPlayer, db: Database, turns: PlayersTurns, key: IdempotencyKey, body: Claim) -> Response:
    """Claim the reward of a reached level."""

    async def effect(tx: Tx) -> Any:
        grant = await usecases.claim_reward(tx, user_id=player.user_id, level=body.level, season_id=body.season_id)
        return ClaimedOut.of(grant).model_dump(mode="json")

    once = Once.of(
        user_id=player.user_id, route="POST /api/season-pass/claim", key=key, request=body.model_dump(mode="json")
    )
    async with turns.of(player.user_id):
        answer = await answer_once(db, idempotency, once, effect)
    return answered(answer)


@router.post("/claim-all", response_model=ClaimedAllOut, responses=problems(*WITHOUT_SEASON, *KEYED))
async def claim_all(
    player: CurrentPlayer, db: Database, turns: PlayersTurns, key: IdempotencyKey, body: ClaimAll | None = None
) -> Response:
    """Claim every reward that waits for the player; an empty list when there is none."""
    season_id = None if body is None else body.season_id

    async def effect(tx: Tx) -> Any:
        grants = await usecases.claim_all_rewards(tx, user_id=player.user_id, season_id=season_id)
        return ClaimedAllOut.of(grants).model_dump(mode="json")

    once = Once.of(
        user_id=player.user_id,
        route="POST /api/season-pass/claim-all",
        key=key,
        request={"season_id": season_id},
    )
    async with turns.of(player.user_id):
        answer = await answer_once(db, idempotency, once, effect)
    return answered(answer)
