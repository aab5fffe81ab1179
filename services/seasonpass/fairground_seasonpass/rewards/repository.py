"""All SQL of level rewards."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, Row, Uuid, any_, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from fairground_common.db import ReadTx, Tx
from fairground_common.db.rows import as_json
from fairground_seasonpass.rewards.grant import Delivery, Given, Grant, Owed, Tally
from fairground_seasonpass.rewards.models import season_pass_delivery as delivery
from fairground_seasonpass.rewards.models import season_pass_reward_log as reward_log
from fairground_seasonpass.rewards.statements import GIVE

RESEND_AFTER = datetime.timedelta(seconds=60)
"""Wait for games' answer before the first repetition; it doubles with each further one."""
DOUBLINGS = 6
"""The longest wait is 64 minutes."""


async def list_given(tx: ReadTx, *, user_id: int, season_id: int) -> list[Given]:
    """Return which levels of a season a player was given, lowest first."""
    rows = await tx.rows(_GIVEN, {"user_id": user_id, "season_id": season_id})
    return [Given(row.level, row.granted_at, row.delivered_at) for row in rows]


async def list_deliveries(tx: ReadTx, *, user_id: int, limit: int) -> list[Delivery]:
    """Return a player's last grants, newest first, with their deliveries."""
    rows = await tx.rows(_DELIVERIES, {"user_id": user_id, "limit": limit})
    return [Delivery(_grant(row), row.attempts, row.sent_at, row.delivered_at) for row in rows]


async def tally_player(tx: ReadTx, *, user_id: int) -> dict[int, Tally]:
    """Return what a player was given, by season."""
    rows = await tx.rows(_TALLY.where(reward_log.c.user_id == user_id))
    return {row.season_id: _tally(row) for row in rows}


async def tally_players(tx: ReadTx, *, season_id: int, user_ids: Sequence[int]) -> dict[int, Tally]:
    """Return what players were given in a season, by user id; those who were given nothing are absent."""
    whose = reward_log.c.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger())))
    rows = await tx.rows(_TALLY.where(whose, reward_log.c.season_id == season_id), {"user_ids": list(user_ids)})
    return {row.user_id: _tally(row) for row in rows}


async def count_pending(tx: ReadTx, *, most: int) -> tuple[int, datetime.datetime | None]:
    """Return how many rewards games has not booked, and when the first of them was given."""
    row = (await tx.execute(_PENDING, {"most": most})).one()
    return row.pending, row.oldest


class RewardRepository:
    """Writes of the reward log and of deliveries."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def give(self, owed: Mapping[UUID, Owed]) -> list[Grant]:
        """Log rewards by their new grant ids and note them as sent now; return those that had not been given before.

        Where there is nothing to deliver, the delivery is complete at once.
        """
        now = self._tx.now
        rows = [_log_row(grant_id, each) for grant_id, each in owed.items()]
        given = await self._tx.rows(_GIVE, {"owed": as_json(rows), "now": now, "due": now + RESEND_AFTER})
        return [_new_grant(row.grant_id, owed[row.grant_id], now) for row in given]

    async def complete_deliveries(self, moments: Mapping[UUID, datetime.datetime]) -> None:
        """Complete deliveries; one that is complete already keeps its first moment."""
        ids = sorted(moments)  # one order for all consumers
        await self._tx.execute(_COMPLETE, {"ids": ids, "moments": [moments[grant_id] for grant_id in ids]})

    async def take_overdue(self, *, limit: int) -> list[Grant]:
        """Note unanswered deliveries as sent again now, and return them."""
        ids = [row.grant_id for row in await self._tx.rows(_OVERDUE, {"now": self._tx.now, "limit": limit})]
        if not ids:
            return []
        await self._tx.execute(_SENT_AGAIN, {"ids": ids, "now": self._tx.now})
        return [_grant(row) for row in await self._tx.rows(_BY_ID, {"ids": ids})]


def _log_row(grant_id: UUID, owed: Owed) -> dict[str, Any]:
    return {
        "user_id": owed.user_id,
        "season_id": owed.season_id,
        "level": owed.level.level,
        "grant_id": grant_id,
        "reward": owed.level.reward,
        "auto_claim": owed.level.auto_claim,
    }


def _new_grant(grant_id: UUID, owed: Owed, now: datetime.datetime) -> Grant:
    return Grant(grant_id, owed.user_id, owed.season_id, owed.level.level, owed.level.reward, now)


def _grant(row: Row[Any]) -> Grant:
    return Grant(row.grant_id, row.user_id, row.season_id, row.level, row.reward, row.granted_at)


def _tally(row: Row[Any]) -> Tally:
    return Tally(tuple(row.given), tuple(row.pending or ()))


_GRANT = [reward_log.c[name] for name in ("grant_id", "user_id", "season_id", "level", "reward", "granted_at")]

_GIVE = text(GIVE)

_IDS = bindparam("ids", type_=ARRAY(Uuid()))

_ANSWERS = select(
    func.unnest(_IDS).label("grant_id"),
    func.unnest(bindparam("moments", type_=ARRAY(DateTime(timezone=True)))).label("moment"),
).subquery()

_COMPLETE = (
    update(delivery)
    .where(delivery.c.grant_id == _ANSWERS.c.grant_id, delivery.c.delivered_at.is_(None))
    .values(delivered_at=_ANSWERS.c.moment)
)

# SKIP LOCKED: what another worker sends again, or a consumer completes, at this moment is not ours to send.
_OVERDUE = (
    select(delivery.c.grant_id)
    .where(delivery.c.delivered_at.is_(None), delivery.c.due_at <= bindparam("now"))
    .order_by(delivery.c.due_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)

_NOW = bindparam("now", type_=DateTime(timezone=True))
_SENT_AGAIN = (
    update(delivery)
    .where(delivery.c.grant_id == any_(_IDS))
    .values(
        attempts=delivery.c.attempts + 1,
        sent_at=_NOW,
        due_at=_NOW + RESEND_AFTER * func.power(2, func.least(delivery.c.attempts, DOUBLINGS)),
    )
)

_BY_ID = select(*_GRANT).where(reward_log.c.grant_id == any_(_IDS))

_DELIVERIES = (
    select(*_GRANT, delivery.c.attempts, delivery.c.sent_at, delivery.c.delivered_at)
    .join(delivery, delivery.c.grant_id == reward_log.c.grant_id)
    .where(reward_log.c.user_id == bindparam("user_id"))
    .order_by(reward_log.c.granted_at.desc(), reward_log.c.level.desc())
    .limit(bindparam("limit"))
)

_LEVELS = func.array_agg(aggregate_order_by(reward_log.c.level, reward_log.c.level), type_=ARRAY(Integer()))
_TALLY = (
    select(
        reward_log.c.user_id,
        reward_log.c.season_id,
        _LEVELS.label("given"),
        _LEVELS.filter(delivery.c.delivered_at.is_(None)).label("pending"),
    )
    .outerjoin(delivery, delivery.c.grant_id == reward_log.c.grant_id)
    .group_by(reward_log.c.user_id, reward_log.c.season_id)
)

_SOME_PENDING = select(delivery.c.grant_id).where(delivery.c.delivered_at.is_(None)).limit(bindparam("most")).subquery()
_PENDING = select(func.count().label("pending"), func.min(reward_log.c.granted_at).label("oldest")).where(
    reward_log.c.grant_id == _SOME_PENDING.c.grant_id
)

_GIVEN = (
    select(reward_log.c.level, reward_log.c.granted_at, delivery.c.delivered_at)
    .outerjoin(delivery, delivery.c.grant_id == reward_log.c.grant_id)
    .where(reward_log.c.user_id == bindparam("user_id"), reward_log.c.season_id == bindparam("season_id"))
    .order_by(reward_log.c.level)
)
