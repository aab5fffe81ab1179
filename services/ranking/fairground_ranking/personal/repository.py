"""SQL of erasing. Entries are only ever added; taking names out of them is a function the migration left for it.

Uploads share a lock that an erasing has alone: it sees every entry that was there before it, and whoever is stored
after it finds the player among the erased.
"""

import datetime

from sqlalchemy import func, select, text, true
from sqlalchemy.dialects.postgresql import insert

from fairground_common.db import ReadTx, Tx
from fairground_ranking.personal.models import erased_player

LOCK = 0x65726173
"""Key of the advisory lock between uploads and erasings."""

LOCK_WAIT = "2500ms"
"""The upload of the largest ranking is shorter on a quiet machine; the statement may take 3 s."""

_FORGET = text("SELECT forget_names(:user_id)")
_ERASED_IN = text("""
    SELECT EXISTS (SELECT FROM ranking_daily JOIN erased_player USING (user_id)
                   WHERE date = :date AND version = :version)
""")


async def list_erased(tx: ReadTx) -> set[int]:
    return {row.user_id for row in await tx.rows(select(erased_player.c.user_id))}


async def wait_for_uploads(tx: Tx) -> None:
    """Let no upload be stored until this transaction ends."""
    await tx.execute(select(func.set_config("lock_timeout", LOCK_WAIT, true())))
    await tx.execute(select(func.pg_advisory_xact_lock(LOCK)))


async def add_erased(tx: Tx, user_id: int) -> int:
    """Note that a player is erased; return 1 when that is new."""
    noted = insert(erased_player).values(user_id=user_id, erased_at=tx.now).on_conflict_do_nothing()
    return (await tx.execute(noted)).rowcount


async def forget_names(tx: Tx, user_id: int) -> int:
    """Take a player's name out of every version of every day; return in how many entries it stood."""
    return int(await tx.scalar(_FORGET, {"user_id": user_id}))


async def holds_erased(tx: Tx, *, date: datetime.date, version: int) -> bool:
    """Tell whether a version that was just stored has an erased player in it; from then on none is erased."""
    await tx.execute(select(func.pg_advisory_xact_lock_shared(LOCK)))
    return bool(await tx.scalar(_ERASED_IN, {"date": date, "version": version}))
