"""SQL of the counts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, delete, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from fairground_auth.throttle.models import throttle
from fairground_auth.throttle.rules import ACCOUNT_SCOPES, Allowance, Count
from fairground_common.db import ReadTx, Tx


async def list_counts(tx: ReadTx, allowances: Sequence[Allowance]) -> list[Count]:
    """Return what has been counted against these allowances."""
    keys = [(allowance.scope, allowance.key) for allowance in allowances]
    rows = await tx.rows(select(throttle).where(tuple_(throttle.c.scope, throttle.c.key).in_(keys)))
    return [Count(row.scope, row.key, row.times, row.window_ends_at) for row in rows]


async def add_one(tx: Tx, allowances: Sequence[Allowance], now: datetime) -> list[Count]:
    """Count one more against each allowance and return the counts; a window that has ended begins anew.

    One row per scope, scopes in order: transactions that meet on several rows lock them in the same order.
    """
    rows = [
        {"scope": each.scope, "key": each.key, "times": 1, "window_ends_at": now + each.window}
        for each in sorted(allowances, key=lambda each: each.scope)
    ]
    fresh = insert(throttle).values(rows)
    is_over = throttle.c.window_ends_at <= now
    counted = await tx.rows(
        fresh.on_conflict_do_update(
            index_elements=["scope", "key"],
            set_={
                "times": case((is_over, 1), else_=throttle.c.times + 1),
                "window_ends_at": case((is_over, fresh.excluded.window_ends_at), else_=throttle.c.window_ends_at),
            },
        ).returning(throttle)
    )
    return [Count(row.scope, row.key, row.times, row.window_ends_at) for row in counted]


async def forget_account(tx: Tx, account: str) -> int:
    """Delete what was counted against an account, from whatever network; return how many counts it were."""
    of_account = or_(throttle.c.key == account, throttle.c.key.startswith(f"{account} "))
    gone = await tx.execute(delete(throttle).where(throttle.c.scope.in_(ACCOUNT_SCOPES), of_account))
    return gone.rowcount


async def forget_ended(tx: Tx, now: datetime) -> None:
    """Delete counts whose window has ended."""
    await tx.execute(delete(throttle).where(throttle.c.window_ends_at <= now))
