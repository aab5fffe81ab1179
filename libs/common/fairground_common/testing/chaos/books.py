"""What the databases say, read directly and at rest: nothing under way, so one statement after the other agrees."""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

import asyncpg

EventOfDay = tuple[datetime.date, UUID]

_PLAYS = "SELECT user_id, game, idempotency_key AS key, play_id, event_id, day, outcome_key, unit, used_today FROM play"

_OUTBOX = """
SELECT (envelope::jsonb #>> '{data,day}')::date AS day, event_id FROM outbox WHERE type = 'games.play_settled.v1'
"""

_PLAYERS = """
SELECT player.user_id,
    balance = (SELECT coalesce(sum(amount), 0) FROM reward_ledger WHERE user_id = player.user_id AND type = 'POINT')
        AS balance_explained,
    nonce = (SELECT count(*) FROM play WHERE user_id = player.user_id AND play.pair = player.pair) AS nonces_whole
FROM player
"""

_XP = "SELECT day, event_id FROM season_pass_xp_log WHERE source IN ('PLAY', 'LATE_PLAY')"

_WRONG_PROGRESS = """
WITH booked AS (
    SELECT user_id, season_id, sum(xp) AS xp FROM season_pass_xp_log WHERE season_id IS NOT NULL GROUP BY 1, 2
)
SELECT user_id FROM booked FULL JOIN season_pass_progress AS progress USING (user_id, season_id)
WHERE booked.xp IS DISTINCT FROM progress.current_xp OR progress.current_level IS DISTINCT FROM (
    SELECT coalesce(max(level), 0) FROM season_pass_level AS l
    WHERE l.season_id = progress.season_id AND l.required_xp <= progress.current_xp
)
"""

_DOUBLE_REWARDS = """
SELECT user_id FROM season_pass_reward_log GROUP BY user_id, season_id, level HAVING count(*) > 1
"""

_OVERDUE = "SELECT count(*) FROM season_pass_delivery WHERE delivered_at IS NULL AND sent_at < now() - interval '60 s'"


@dataclass(frozen=True, slots=True)
class Effect:
    """A play that happened."""

    user_id: int
    game: str
    key: str | None
    play_id: UUID
    event_id: UUID
    day: datetime.date
    outcome_key: str
    unit: int | None
    used_today: int


@dataclass(frozen=True, slots=True)
class Stock:
    """A limited prize."""

    left: int
    issued: int


@dataclass(frozen=True, slots=True)
class GamesBooks:
    """The games database."""

    effects: Sequence[Effect]
    unsent: Counter[EventOfDay] = field(default_factory=Counter)
    """Play events that still stand in the outbox."""
    stock: dict[str, Stock] = field(default_factory=dict)
    wrong_players: Sequence[int] = ()
    """Whose balance is not their ledger, or whose nonces are not their plays."""

    @classmethod
    async def read(cls, connection: asyncpg.Connection) -> Self:
        """Read it as a role that may read everything."""
        limited = 'SELECT prize_key, "left", issued FROM lottery_stock WHERE "left" IS NOT NULL'
        players = await connection.fetch(_PLAYERS)
        return cls(
            effects=[Effect(**row) for row in await connection.fetch(_PLAYS)],
            unsent=Counter((row["day"], row["event_id"]) for row in await connection.fetch(_OUTBOX)),
            stock={row["prize_key"]: Stock(row["left"], row["issued"]) for row in await connection.fetch(limited)},
            wrong_players=[row["user_id"] for row in players if not (row["balance_explained"] and row["nonces_whole"])],
        )


@dataclass(frozen=True, slots=True)
class SeasonBooks:
    """The season pass's database."""

    counted: Counter[EventOfDay]
    """Play events in the XP ledger."""
    wrong_progress: Sequence[int] = ()
    """Users whose XP is not the sum of their ledger, or whose level does not follow from it."""
    rewarded_twice: Sequence[int] = ()
    overdue: int = 0
    """Deliveries nobody has confirmed for more than 60 s."""

    @classmethod
    async def read(cls, connection: asyncpg.Connection) -> Self:
        """Read it as a role that may read everything."""
        return cls(
            counted=Counter((row["day"], row["event_id"]) for row in await connection.fetch(_XP)),
            wrong_progress=[row["user_id"] for row in await connection.fetch(_WRONG_PROGRESS)],
            rewarded_twice=[row["user_id"] for row in await connection.fetch(_DOUBLE_REWARDS)],
            overdue=await connection.fetchval(_OVERDUE),
        )
