"""Erasing a player, and keeping them erased."""

import datetime
from collections.abc import Mapping

from fairground_common.db import ReadTx, Tx
from fairground_common.db.audit import audit
from fairground_ranking.personal import repository
from fairground_ranking.personal.errors import PlayerErasedMeanwhile
from fairground_ranking.schema import audit_log


async def erase_player(tx: Tx, *, by: int, user_id: int) -> Mapping[str, int]:
    """Take a player's name out of every ranking, and return from how many entries; again changes nothing.

    Ranks and scores stay, and so does a version's content hash: it says what was uploaded, not what is left of it.
    """
    await repository.wait_for_uploads(tx)
    erased = {
        "player": await repository.add_erased(tx, user_id),
        "names": await repository.forget_names(tx, user_id),
    }
    if any(erased.values()):
        await audit(tx, audit_log, by=by, action="PLAYER_ERASED", subject=f"user:{user_id}", after=erased)
    return erased


async def list_erased(tx: ReadTx) -> set[int]:
    """Return the ids of all who were erased."""
    return await repository.list_erased(tx)


async def refuse_erased_in(tx: Tx, *, date: datetime.date, version: int) -> None:
    """Raise PlayerErasedMeanwhile when a version just stored names somebody who was erased since it was read."""
    if await repository.holds_erased(tx, date=date, version=version):
        raise PlayerErasedMeanwhile(retry_after=1)
