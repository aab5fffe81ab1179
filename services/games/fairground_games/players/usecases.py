"""What happens to players beside their plays."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairground_common.db import ReadTx, Tx
from fairground_games.players import repository
from fairground_games.players.repository import PlayerRepository


@dataclass(frozen=True, slots=True)
class Credit:
    """Points for a player."""

    user_id: int
    amount: int


async def credit_points(tx: Tx, payments: Sequence[Credit], *, seed_key_id: str) -> list[int]:
    """Add points and return the balance after each credit, in order.

    A player nobody has seen yet gets a row, with a seed pair derived from the key named here. The rows stay locked
    until the transaction ends.
    """
    players = PlayerRepository(tx)
    user_ids = {credit.user_id for credit in payments}
    await players.enrol(user_ids, seed_key_id=seed_key_id)
    balances = await players.lock_balances(user_ids)
    after = []
    for credit in payments:
        balances[credit.user_id] += credit.amount
        after.append(balances[credit.user_id])
    await players.set_balances(balances)
    return after


async def read_balance(tx: ReadTx, user_id: int) -> int:
    """Return a player's points; 0 for one nobody has seen yet."""
    return await repository.find_balance(tx, user_id) or 0
