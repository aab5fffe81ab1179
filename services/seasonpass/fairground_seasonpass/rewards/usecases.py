"""Giving level rewards, and seeing to it that they arrive.

Promise: a level's reward is given once (its log row), said to games until games answers, and booked there once
(by its grant id). The log row, the delivery and the event are written in the transaction that earned the reward;
what gets lost on the way is said again, under the same grant id and as a new event: after a minute, then after ever
longer pauses, so that a games service away for hours does not come back to a flood.
"""

import datetime
from collections.abc import Mapping, Sequence
from uuid import UUID

from fairground_common.contracts import Envelope, RewardGranted
from fairground_common.db import ReadTx, Tx
from fairground_common.ids import new_id
from fairground_common.messaging import emit, note_counted
from fairground_seasonpass.rewards import repository
from fairground_seasonpass.rewards.grant import Delivery, Given, Grant, Owed, Tally
from fairground_seasonpass.rewards.metrics import DELIVERIES, DELIVERIES_OLDEST
from fairground_seasonpass.rewards.repository import RewardRepository
from fairground_seasonpass.schema import outbox

RESEND_BATCH = 500
MOST_COUNTED = 10_000


async def give(tx: Tx, owed: Sequence[Owed]) -> list[Grant]:
    """Give rewards; return those that had not been given before, whatever other transactions do meanwhile."""
    if not owed:
        return []
    grants = await RewardRepository(tx).give({new_id(): each for each in owed})
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


async def count_deliveries(tx: Tx) -> None:
    """Count rewards that are on their way, for those who watch."""
    count, oldest = await repository.count_pending(tx, most=MOST_COUNTED)
    DELIVERIES.set(count)
    DELIVERIES_OLDEST.set(0 if oldest is None else (tx.now - oldest).total_seconds())
    note_counted("deliveries")


async def list_given(tx: ReadTx, *, user_id: int, season_id: int) -> list[Given]:
    """Return which levels of a season a player was given, lowest first."""
    return await repository.list_given(tx, user_id=user_id, season_id=season_id)


async def list_deliveries(tx: ReadTx, *, user_id: int, limit: int) -> list[Delivery]:
    """Return a player's last rewards of all seasons, newest first, and how far each has come."""
    return await repository.list_deliveries(tx, user_id=user_id, limit=limit)


async def tally_player(tx: ReadTx, *, user_id: int) -> dict[int, Tally]:
    """Return the levels a player was given, by season."""
    return await repository.tally_player(tx, user_id=user_id)


async def tally_players(tx: ReadTx, *, season_id: int, user_ids: Sequence[int]) -> dict[int, Tally]:
    """Return the levels players were given in a season, by user id; who was given nothing is absent."""
    return await repository.tally_players(tx, season_id=season_id, user_ids=user_ids)


def _is_nothing(grant: Grant) -> bool:
    return bool(grant.reward["type"] == "NONE")


async def _say(tx: Tx, grants: Sequence[Grant]) -> None:
    await emit(tx, outbox, [Envelope.of(_event(grant), at=tx.now, key=grant.user_id) for grant in grants])


def _event(grant: Grant) -> RewardGranted:
    return RewardGranted.model_validate(
        {
            "grant_id": grant.grant_id,
            "user_id": grant.user_id,
            "season_id": grant.season_id,
            "level": grant.level,
            "reward": grant.reward,
        }
    )
