"""audit_log: who changed what, before and after, in the transaction of the change. Append-only by permission."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text, insert
from sqlalchemy.dialects.postgresql import JSONB

from fairground_common.context import current_request_id
from fairground_common.db.database import Tx
from fairground_common.db.schema import APPEND_ONLY


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
        Index("ix_audit_log_subject_id", "subject", "id"),
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
