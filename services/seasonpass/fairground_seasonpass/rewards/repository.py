"""All SQL of level rewards."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, DateTime, Row, Uuid, any_, bindparam, func, select, update

from fairground_common.db import ReadTx, Tx
from fairground_common.db.arrays import as_arrays, insert_rows
from fairground_seasonpass.rewards.grant import Given, Grant, Owed
from fairground_seasonpass.rewards.models import season_pass_delivery as delivery
from fairground_seasonpass.rewards.models import season_pass_reward_log as reward_log

RESEND_AFTER = datetime.timedelta(seconds=60)
"""Wait for games' answer before the first repetition; it doubles with each further one."""
DOUBLINGS = 6
"""The longest wait is 64 minutes."""


async def list_given(tx: ReadTx, *, user_id: int, season_id: int) -> list[Given]:
    """Return which levels of a season a player was given, lowest first."""
    rows = await tx.rows(_GIVEN, {"user_id": user_id, "season_id": season_id})
    return [Given(row.level, row.granted_at, row.delivered_at) for row in rows]


class RewardRepository:
    """Writes of the reward log and of deliveries."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def append(self, owed: Mapping[UUID, Owed]) -> list[Grant]:
        """Log rewards by their new grant ids; return those that had not been given before."""
        rows = [_log_row(grant_id, each) | {"granted_at": self._tx.now} for grant_id, each in owed.items()]
        return [_grant(row) for row in await self._tx.rows(_APPEND, as_arrays(rows, _LOGGED))]

    async def start_deliveries(self, grants: Sequence[Grant], *, delivered: Sequence[bool]) -> None:
        """Note deliveries as sent now; those with nothing to deliver are complete at once."""
        now = self._tx.now
        rows = [
            {
                "grant_id": grant.grant_id,
                "attempts": 0 if done else 1,
                "sent_at": now,
                "due_at": now + RESEND_AFTER,
                "delivered_at": now if done else None,
            }
            for grant, done in zip(grants, delivered, strict=True)
        ]
        await self._tx.execute(_START, as_arrays(rows, _DELIVERY))

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
        "reward": msgspec.json.encode(owed.level.reward).decode(),
        "auto_claim": owed.level.auto_claim,
    }


def _grant(row: Row[Any]) -> Grant:
    return Grant(row.grant_id, row.user_id, row.season_id, row.level, row.reward, row.granted_at)


_LOGGED = ("user_id", "season_id", "level", "grant_id", "reward", "auto_claim", "granted_at")
_GRANT = [reward_log.c[name] for name in ("grant_id", "user_id", "season_id", "level", "reward", "granted_at")]

_APPEND = (
    insert_rows(reward_log, _LOGGED)
    .on_conflict_do_nothing(index_elements=[reward_log.c.user_id, reward_log.c.season_id, reward_log.c.level])
    .returning(*_GRANT)
)

_DELIVERY = tuple(column.name for column in delivery.columns)
_START = insert_rows(delivery, _DELIVERY)

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

_GIVEN = (
    select(reward_log.c.level, reward_log.c.granted_at, delivery.c.delivered_at)
    .outerjoin(delivery, delivery.c.grant_id == reward_log.c.grant_id)
    .where(reward_log.c.user_id == bindparam("user_id"), reward_log.c.season_id == bindparam("season_id"))
    .order_by(reward_log.c.level)
)
