"""Looking at what operators have done."""

from fairground_common.db import ReadTx
from fairground_games.audit import repository
from fairground_games.audit.rules import Act, Wanted


async def list_acts(tx: ReadTx, wanted: Wanted, *, before: int | None, limit: int) -> list[Act]:
    """Return acts, newest first, older than an id."""
    return await repository.list_acts(tx, wanted, before=before, limit=limit)
