"""SQL of sessions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from fairground_auth.sessions.models import refresh_family, refresh_token
from fairground_auth.sessions.rules import End, Family, PastSession, RefreshToken
from fairground_common.db import ReadTx, Tx

REVOKED_KEPT = timedelta(days=1)
"""How long an expired session stays to be looked at."""


class SessionReader:
    """Finds sessions; works in a read-only transaction."""

    def __init__(self, tx: ReadTx) -> None:
        self._tx = tx

    async def list_of(self, user_id: int, *, limit: int) -> Sequence[PastSession]:
        """Return a user's sessions, newest first."""
        family = refresh_family.c
        rows = await self._tx.rows(
            select(refresh_family).where(family.user_id == user_id).order_by(family.created_at.desc()).limit(limit)
        )
        return [_past_session(row) for row in rows]


class SessionRepository(SessionReader):
    """Changes sessions."""

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx)
        self._tx: Tx = tx

    async def add(self, family: Family, first: RefreshToken, *, now: datetime) -> None:
        """Begin a session with its first token."""
        begun = (
            insert(refresh_family)
            .values(id=family.id, user_id=family.user_id, created_at=now, expires_at=family.expires_at)
            .returning(refresh_family.c.id)
            .cte("begun")
        )
        values = select(literal(first.token_hash), begun.c.id, literal(now), literal(first.expires_at))
        columns = ["token_hash", "family_id", "created_at", "expires_at"]
        await self._tx.execute(insert(refresh_token).from_select(columns, values).add_cte(begun))

    async def add_token(self, token_hash: bytes, family_id: UUID, *, now: datetime, expires_at: datetime) -> None:
        await self._tx.execute(
            insert(refresh_token)
            .values(token_hash=token_hash, family_id=family_id, created_at=now, expires_at=expires_at)
            .on_conflict_do_nothing()
        )

    async def lock_family_of(self, token_hash: bytes) -> Family | None:
        """Lock the session a token belongs to: its refreshes, logout and block take turns."""
        its_family = select(refresh_token.c.family_id).where(refresh_token.c.token_hash == token_hash)
        columns = (
            refresh_family.c.id,
            refresh_family.c.user_id,
            refresh_family.c.expires_at,
            refresh_family.c.revoked_at,
        )
        statement = select(*columns).where(refresh_family.c.id == its_family.scalar_subquery())
        row = await self._tx.row(statement.with_for_update())
        return None if row is None else Family(row.id, row.user_id, row.expires_at, row.revoked_at)

    async def read_tokens(self, *token_hashes: bytes) -> dict[bytes, RefreshToken]:
        """Return those of the tokens that exist. To be asked after locking: what the lock saw beside is older."""
        columns = (refresh_token.c.token_hash, refresh_token.c.expires_at, refresh_token.c.used_at)
        rows = await self._tx.rows(select(*columns).where(refresh_token.c.token_hash.in_(token_hashes)))
        return {row.token_hash: RefreshToken(row.token_hash, row.expires_at, row.used_at) for row in rows}

    async def mark_used(self, token_hash: bytes, now: datetime) -> None:
        await self._tx.execute(
            update(refresh_token).where(refresh_token.c.token_hash == token_hash).values(used_at=now)
        )

    async def revoke(self, family_id: UUID, why: End, now: datetime) -> None:
        await self._revoke(refresh_family.c.id == family_id, why, now)

    async def revoke_all_of(self, user_id: int, why: End, now: datetime) -> None:
        await self._revoke(refresh_family.c.user_id == user_id, why, now)

    async def forget_all_of(self, user_id: int) -> int:
        """Delete a user's sessions with their tokens, and return how many there were."""
        gone = await self._tx.execute(delete(refresh_family).where(refresh_family.c.user_id == user_id))
        return gone.rowcount

    async def forget_expired(self, now: datetime) -> None:
        """Delete tokens nobody may use any more, and sessions a while after their end."""
        await self._tx.execute(delete(refresh_token).where(refresh_token.c.expires_at <= now))
        await self._tx.execute(delete(refresh_family).where(refresh_family.c.expires_at <= now - REVOKED_KEPT))

    async def _revoke(self, which: ColumnElement[bool], why: End, now: datetime) -> None:
        alive = refresh_family.c.revoked_at.is_(None)
        await self._tx.execute(update(refresh_family).where(which, alive).values(revoked_at=now, revoked_because=why))


def _past_session(row: Row[Any]) -> PastSession:
    return PastSession(
        id=row.id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.revoked_at,
        ended_because=row.revoked_because and End(row.revoked_because),
    )
