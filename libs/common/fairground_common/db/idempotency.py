"""One effect for one key: the first answer is kept in the transaction of its effect and given again.

Scope is (user, route, key). Only answers of effects that committed are kept; a refusal rolls the key back with it.
A second request with the same key waits on the first one's row and then gets its answer, byte for byte. Rows are
kept 35 days: an event's length and then some. (A play's own row is its idempotency row; it does not need this table.)
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from fairground_common.db.database import Db, Tx
from fairground_common.db.failures import LOCK_TIMEOUT, sqlstate_of
from fairground_common.errors import IdempotencyKeyReused, RequestInProgress

KEPT = timedelta(days=35)
"""How long an answer is given again; later the same key counts as a new request."""

FORGET_BATCH = 1000
"""Most answers forgotten in one transaction."""


@dataclass(frozen=True, slots=True)
class Once:
    """Whose request it is and what it asks: the scope of a key and the request's fingerprint."""

    user_id: int
    route: str
    """Method and path, such as ``POST /api/season-pass/claim``."""
    key: str | None
    request_hash: bytes

    @classmethod
    def of(cls, *, user_id: int, route: str, key: str | None, request: object = None) -> "Once":
        return cls(user_id, route, key, fingerprint(request))


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a 2xx answer as JSON text, and whether it was given before."""

    json: str
    replayed: bool


def fingerprint(request: object) -> bytes:
    """Return the SHA-256 of a request's content, by which a reused key is recognised."""
    return hashlib.sha256(msgspec.json.encode(request, order="sorted")).digest()


def idempotency_table(metadata: MetaData) -> Table:
    """Define the service's table of kept answers."""
    return Table(
        "idempotency",
        metadata,
        Column("user_id", BigInteger, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("request_hash", LargeBinary, nullable=False),
        Column("answer", Text),
        Column("created_at", DateTime(timezone=True), nullable=False, index=True),
    )


async def answer_once(db: Db, table: Table, once: Once, effect: Callable[[Tx], Awaitable[Any]]) -> Answer:
    """Run an effect in its own transaction, or give the answer it gave before.

    ``effect`` returns what the JSON body says. Without a key it simply runs. Raises IdempotencyKeyReused for another
    request under the same key, RequestInProgress when the first one does not end within lock_timeout.
    """

    async def command(tx: Tx) -> Answer:
        if once.key is None:
            return Answer(_json(await effect(tx)), replayed=False)
        if not await _claim(tx, table, once):
            return await _kept(tx, table, once)
        answer = _json(await effect(tx))
        await tx.execute(update(table).where(*_is(table, once)).values(answer=answer))
        return Answer(answer, replayed=False)

    return await db.retrying(command)


async def forget_answers(tx: Tx, table: Table) -> int:
    """Delete answers older than ``KEPT``, at most a batch of them; return how many."""
    key = (table.c.user_id, table.c.route, table.c.key)
    old = select(*key).where(table.c.created_at < tx.now - KEPT).order_by(table.c.created_at).limit(FORGET_BATCH)
    return (await tx.execute(delete(table).where(tuple_(*key).in_(old)))).rowcount


def _json(body: Any) -> str:
    return msgspec.json.encode(body).decode()


async def _claim(tx: Tx, table: Table, once: Once) -> bool:
    row = {
        "user_id": once.user_id,
        "route": once.route,
        "key": once.key,
        "request_hash": once.request_hash,
        "created_at": tx.now,
    }
    try:
        claimed = await tx.scalar(insert(table).values(row).on_conflict_do_nothing().returning(table.c.user_id))
    except Exception as error:
        if sqlstate_of(error) == LOCK_TIMEOUT:
            raise RequestInProgress(retry_after=1) from error
        raise
    return claimed is not None


async def _kept(tx: Tx, table: Table, once: Once) -> Answer:
    kept = await tx.row(select(table.c.request_hash, table.c.answer).where(*_is(table, once)))
    if kept is None:  # the first request rolled back between our two statements
        raise RequestInProgress(retry_after=1)
    if kept.request_hash != once.request_hash:
        raise IdempotencyKeyReused
    return Answer(kept.answer, replayed=True)


def _is(table: Table, once: Once) -> tuple[Any, ...]:
    return (table.c.user_id == once.user_id, table.c.route == once.route, table.c.key == once.key)
