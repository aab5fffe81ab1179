"""SQL of the audit log. It is read newest first by its id, so that a page costs what it shows."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select

from fairground_common.db import ReadTx
from fairground_games.audit.rules import Act, Wanted
from fairground_games.schema import audit_log

_ACT = audit_log.c

_CONDITIONS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "action": lambda action: _ACT.action == action,
    "subject": lambda beginning: func.starts_with(_ACT.subject, beginning),
    "by": lambda user_id: _ACT.user_id == user_id,
    "start": lambda moment: _ACT.created_at >= moment,
    "end": lambda moment: _ACT.created_at < moment,
}
"""By field of ``Wanted``."""


async def list_acts(tx: ReadTx, wanted: Wanted, *, before: int | None, limit: int) -> list[Act]:
    """Return acts older than one of them, newest first."""
    found = select(audit_log).where(*_conditions(wanted)).order_by(_ACT.id.desc()).limit(limit)
    if before is not None:
        found = found.where(_ACT.id < before)
    return [Act(**row) for row in (await tx.execute(found)).mappings()]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = ((condition, getattr(wanted, name)) for name, condition in _CONDITIONS.items())
    return [condition(value) for condition, value in asked if value is not None]
