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

# A play that waited for its season has two lines, the one that kept it and the one that counted it; either is the play.
_XP = """
WITH late AS (
    SELECT day, (payload ->> 'event_id')::uuid AS event_id FROM season_pass_xp_log WHERE source = 'LATE_PLAY'
)
SELECT day, event_id FROM late
UNION ALL
SELECT day, event_id FROM season_pass_xp_log AS line
WHERE source = 'PLAY' AND (season_id IS NOT NULL OR NOT EXISTS (SELECT FROM late WHERE late.event_id = line.event_id))
"""

_WRONG_PROGRESS = """
WITH booked AS (
    SELECT user_id, season_id, sum(xp) AS xp, count(*) FILTER (WHERE stamp) AS stamps,
        max(day) FILTER (WHERE stamp) AS last_stamp_date
    FROM season_pass_xp_log WHERE season_id IS NOT NULL GROUP BY 1, 2
)
SELECT user_id FROM booked FULL JOIN season_pass_progress AS progress USING (user_id, season_id)
WHERE (booked.xp, booked.stamps, booked.last_stamp_date)
        IS DISTINCT FROM (progress.current_xp, progress.total_stamps, progress.last_stamp_date)
    OR progress.current_level IS DISTINCT FROM (
        SELECT coalesce(max(level), 0) FROM season_pass_level AS l
        WHERE l.season_id = progress.season_id AND l.required_xp <= progress.current_xp
    )
"""

_WRONG_STAMPS = """
WITH line AS (SELECT user_id, season_id, day, event_id, xp FROM season_pass_xp_log WHERE stamp)
SELECT user_id FROM line FULL JOIN season_pass_stamp_log AS stamp USING (user_id, season_id, event_id)
WHERE line.day IS DISTINCT FROM stamp.date OR line.xp < stamp.xp
"""

# Who has no progress yet stands at 0 XP, where a level may be theirs to claim already.
_WRONG_REWARDS = """
WITH given AS (
    SELECT user_id, season_id, level, count(*) AS times FROM season_pass_reward_log GROUP BY 1, 2, 3
)
SELECT user_id FROM given
LEFT JOIN season_pass_level USING (season_id, level) LEFT JOIN season_pass_progress USING (user_id, season_id)
WHERE times > 1 OR required_xp IS NULL OR required_xp > coalesce(current_xp, 0)
UNION
SELECT user_id FROM season_pass_progress JOIN season_pass_level USING (season_id)
LEFT JOIN given USING (user_id, season_id, level)
WHERE auto_claim AND required_xp <= current_xp AND times IS NULL
"""

# By when it was given: a delivery that is sent again and again has always been sent lately.
_OVERDUE = """
SELECT count(*) FROM season_pass_reward_log LEFT JOIN season_pass_delivery USING (grant_id)
WHERE delivered_at IS NULL AND granted_at < now() - interval '60 s'
"""


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
    """The season pass's database, of a product whose clock is not shifted."""

    counted: Counter[EventOfDay]
    """Play events in the XP ledger."""
    wrong_progress: Sequence[int] = ()
    """Users whose XP and stamps are not the sum of their ledger, or whose level does not follow from it."""
    wrong_stamps: Sequence[int] = ()
    """Users whose days with a stamp are not those of their ledger."""
    wrong_rewards: Sequence[int] = ()
    """Users who miss the reward of an automatic level they have reached, or have one twice or for a level above."""
    overdue: int = 0
    """Rewards given more than 60 s ago that nobody has confirmed."""

    @classmethod
    async def read(cls, connection: asyncpg.Connection) -> Self:
        """Read it as a role that may read everything."""

        async def users(found: str) -> list[int]:
            return [row["user_id"] for row in await connection.fetch(found)]

        return cls(
            counted=Counter((row["day"], row["event_id"]) for row in await connection.fetch(_XP)),
            wrong_progress=await users(_WRONG_PROGRESS),
            wrong_stamps=await users(_WRONG_STAMPS),
            wrong_rewards=await users(_WRONG_REWARDS),
            overdue=await connection.fetchval(_OVERDUE),
        )
