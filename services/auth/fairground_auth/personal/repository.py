"""Taking a person out of the logs, which only the tables' owner may change: the migration left functions for it."""

from sqlalchemy import text

from fairground_common.db import Tx

_ADDRESSES = text("SELECT forget_addresses(:user_id)")
_AUDITED = text("SELECT forget_in_audit_log(:user_id)")


async def forget_addresses(tx: Tx, user_id: int) -> int:
    """Take the addresses out of a user's events; return how many events had one."""
    return int(await tx.scalar(_ADDRESSES, {"user_id": user_id}))


async def forget_in_audit_log(tx: Tx, user_id: int) -> int:
    """Take name and reasons out of what was done to a user; return how many acts had some."""
    return int(await tx.scalar(_AUDITED, {"user_id": user_id}))
