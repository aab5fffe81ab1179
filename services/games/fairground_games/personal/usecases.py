"""Erasing a person from the games, which know no names: only labels could carry one."""

from collections.abc import Mapping

from fairground_common.db import Tx
from fairground_common.db.audit import audit
from fairground_games.personal import repository
from fairground_games.schema import audit_log


async def erase_player(tx: Tx, *, by: int, user_id: int) -> Mapping[str, int]:
    """Take away the labels of what a player was given, and return how many; again changes nothing.

    Plays, ledger and client seeds stay: they prove draws and explain balances, under a number. So does what is owed.
    """
    erased = {
        "fulfilment_labels": await repository.forget_fulfilment_labels(tx, user_id),
        "grant_labels": await repository.forget_grant_labels(tx, user_id),
    }
    if any(erased.values()):
        await audit(tx, audit_log, by=by, action="PLAYER_ERASED", subject=f"user:{user_id}", after=erased)
    return erased
