"""SQL of the audit log."""

from collections.abc import Sequence

from sqlalchemy import select

from fairground_auth.administration.rules import Act
from fairground_auth.schema import audit_log
from fairground_common.db import ReadTx


async def list_acts(tx: ReadTx, *, subject: str | None, before: int | None, limit: int) -> Sequence[Act]:
    """Return acts, on one subject or on all, newest first."""
    statement = select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if subject is not None:
        statement = statement.where(audit_log.c.subject == subject)
    if before is not None:
        statement = statement.where(audit_log.c.id < before)
    return [Act(**row) for row in (await tx.execute(statement)).mappings()]
