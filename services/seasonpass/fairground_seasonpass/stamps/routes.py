"""The check-in over HTTP."""

from typing import Any

from fastapi import APIRouter, Request, Response

from fairground_common.db import Tx
from fairground_common.db.idempotency import Once, answer_once
from fairground_common.errors import IdempotencyKeyReused, LockNotAcquired, RequestInProgress, ValidationFailed
from fairground_common.features import FeatureUnknown, NoFeatureToday
from fairground_common.web import CurrentPlayer, Database, IdempotencyKey, problems
from fairground_common.web.idempotency import answered
from fairground_common.web.turns import PlayersTurns
from fairground_seasonpass.schema import idempotency
from fairground_seasonpass.seasons.errors import NoActiveSeason, NoActiveSeasonConflict
from fairground_seasonpass.stamps import usecases
from fairground_seasonpass.stamps.errors import AlreadyStampedToday
from fairground_seasonpass.stamps.schemas import CheckIn, StampOut

router = APIRouter(prefix="/api/season-pass", tags=["season-pass"])

REFUSALS = problems(
    NoFeatureToday,
    NoActiveSeason,
    AlreadyStampedToday,
    NoActiveSeasonConflict,
    RequestInProgress,
    ValidationFailed,
    IdempotencyKeyReused,
    FeatureUnknown,
    LockNotAcquired,
)


@router.post("/stamp", response_model=StampOut, responses=REFUSALS)
async def stamp(
    player: CurrentPlayer,
    request: Request,
    db: Database,
    turns: PlayersTurns,
    *,
    key: IdempotencyKey,
    body: CheckIn | None = None,
) -> Response:
    """Check in for today. What it is worth is the season's to say: a body that says anything is refused."""
    del body
    test_mode: bool = request.app.state.settings.test_mode

    async def effect(tx: Tx) -> Any:
        gain = await usecases.check_in(tx, user_id=player.user_id, test_mode=test_mode)
        return StampOut.of(gain).model_dump(mode="json")

    once = Once.of(user_id=player.user_id, route="POST /api/season-pass/stamp", key=key)
    async with turns.of(player.user_id):
        answer = await answer_once(db, idempotency, once, effect)
    return answered(answer)
