"""Giving level rewards, and seeing to it that they arrive.

Promise: a level's reward is given once (its log row), said to games until games answers, and booked there once
(by its grant id). The log row, the delivery and the event are written in the transaction that earned the reward;
what gets lost on the way is said again, under the same grant id and as a new event: after a minute, then after ever
longer pauses, so that a games service away for hours does not come back to a flood.
"""

import datetime
from collections.abc import Mapping, Sequence
from uuid import UUID

from fairground_common.contracts import Envelope, Reward, RewardGranted
from fairground_common.db import ReadTx, Tx
from fairground_common.ids import new_id
from fairground_common.messaging import emit
from fairground_seasonpass.rewards import repository
from fairground_seasonpass.rewards.grant import Given, Grant, Owed
from fairground_seasonpass.rewards.repository import RewardRepository
from fairground_seasonpass.schema import outbox

RESEND_BATCH = 500


async def give(tx: Tx, owed: Sequence[Owed]) -> list[Grant]:
    """Give rewards; return those that had not been given before, whatever other transactions do meanwhile."""
    if not owed:
        return []
    rewards = RewardRepository(tx)
    grants = await rewards.append({new_id(): each for each in owed})
    if grants:
        await rewards.start_deliveries(grants, delivered=[_is_nothing(grant) for grant in grants])
        await _say(tx, [grant for grant in grants if not _is_nothing(grant)])
    return grants


async def note_delivered(tx: Tx, moments: Mapping[UUID, datetime.datetime]) -> None:
    """Complete deliveries that games has booked. Being told again changes nothing."""
    await RewardRepository(tx).complete_deliveries(moments)


async def resend_overdue(tx: Tx) -> int:
    """Say grants again that games has not answered; return how many."""
    overdue = await RewardRepository(tx).take_overdue(limit=RESEND_BATCH)
    await _say(tx, overdue)
    return len(overdue)


async def list_given(tx: ReadTx, *, user_id: int, season_id: int) -> list[Given]:
    """Return which levels of a season a player was given, lowest first."""
    return await repository.list_given(tx, user_id=user_id, season_id=season_id)


def _is_nothing(grant: Grant) -> bool:
    return bool(grant.reward["type"] == "NONE")


async def _say(tx: Tx, grants: Sequence[Grant]) -> None:
    await emit(tx, outbox, [Envelope.of(_event(grant), at=tx.now, key=grant.user_id) for grant in grants])


def _event(grant: Grant) -> RewardGranted:
    return RewardGranted(
        grant_id=grant.grant_id,
        user_id=grant.user_id,
        season_id=grant.season_id,
        level=grant.level,
        reward=Reward.model_validate(grant.reward),
    )
