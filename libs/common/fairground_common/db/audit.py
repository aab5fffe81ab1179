"""audit_log: who changed what, before and after, in the transaction of the change. Append-only by permission.

It is read newest first by its id, so that a page costs what it shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from fairground_common.context import current_request_id
from fairground_common.db.database import ReadTx, Tx
from fairground_common.db.schema import APPEND_ONLY


@dataclass(frozen=True, slots=True)
class Act:
    """A change somebody has made; ``user_id`` 0 is the command line."""

    id: int
    created_at: datetime
    user_id: int
    action: str
    subject: str
    before: Any
    after: Any
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which acts are asked for; what is None does not matter."""

    action: str | None = None
    subject: str | None = None
    """The subject itself or what it begins with: ``config:dice`` finds ``config:dice:3``, ``user:7`` no ``user:70``."""
    by: int | None = None
    start: datetime | None = None
    """The first moment, inclusive."""
    end: datetime | None = None
    """The moment after the last."""


def audit_table(metadata: MetaData) -> Table:
    """Define the service's own audit log."""
    return Table(
        "audit_log",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("user_id", BigInteger, nullable=False),
        Column("action", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("before", JSONB(none_as_null=True)),
        Column("after", JSONB(none_as_null=True)),
        Column("request_id", Text),
        # Such that it answers "begins with" as well, whatever the database's collation.
        Index("ix_audit_log_subject_id", "subject", "id", postgresql_ops={"subject": "text_pattern_ops"}),
        info=APPEND_ONLY,
    )


async def audit(
    tx: Tx, table: Table, *, by: int, action: str, subject: str, before: Any = None, after: Any = None
) -> None:
    """Write down a change an operator makes. ``subject`` names the changed thing, e.g. ``feature:DICE``."""
    await tx.execute(
        insert(table).values(
            created_at=tx.now,
            user_id=by,
            action=action,
            subject=subject,
            before=before,
            after=after,
            request_id=current_request_id(),
        )
    )


async def list_acts(tx: ReadTx, table: Table, wanted: Wanted, *, before: int | None, limit: int) -> list[Act]:
    """Return acts older than one of them, newest first."""
    found = select(table).where(*_conditions(table, wanted)).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        found = found.where(table.c.id < before)
    return [Act(**row) for row in (await tx.execute(found)).mappings()]


def _conditions(table: Table, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    act = table.c
    if wanted.action is not None:
        yield act.action == wanted.action
    if wanted.subject is not None:
        subject = wanted.subject.rstrip(":")
        yield or_(act.subject == subject, func.starts_with(act.subject, f"{subject}:"))
    if wanted.by is not None:
        yield act.user_id == wanted.by
    if wanted.start is not None:
        yield act.created_at >= wanted.start
    if wanted.end is not None:
        yield act.created_at < wanted.end
