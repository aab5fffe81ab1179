"""SQL of logins as the player's event log keeps them."""

from collections.abc import Sequence

from sqlalchemy import select

from fairground_auth.lookup.rules import PastLogin
from fairground_auth.schema import user_event_log
from fairground_auth.sessions.rules import LOGIN
from fairground_common.db import ReadTx


async def list_logins(tx: ReadTx, user_id: int, *, limit: int) -> Sequence[PastLogin]:
    """Return a user's last logins, newest first."""
    event = user_event_log.c
    rows = await tx.rows(
        select(event.created_at, event.result["ip"].astext.label("ip"), event.request_id)
        .where(event.user_id == user_id, event.action == LOGIN)
        .order_by(event.created_at.desc())
        .limit(limit)
    )
    return [PastLogin(row.created_at, row.ip, row.request_id) for row in rows]
