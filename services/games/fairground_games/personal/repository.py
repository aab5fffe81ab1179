"""SQL of erasing: the free texts operators have written beside what a player was given."""

from sqlalchemy import text

from fairground_common.db import Tx

_FULFILMENTS = text("UPDATE fulfilment SET label = NULL WHERE user_id = :user_id AND label IS NOT NULL")
_GRANTS = text("UPDATE campaign_grant SET label = NULL WHERE user_id = :user_id AND label IS NOT NULL")


async def forget_fulfilment_labels(tx: Tx, user_id: int) -> int:
    """Return how many there were."""
    return (await tx.execute(_FULFILMENTS, {"user_id": user_id})).rowcount


async def forget_grant_labels(tx: Tx, user_id: int) -> int:
    """Return how many there were."""
    return (await tx.execute(_GRANTS, {"user_id": user_id})).rowcount
