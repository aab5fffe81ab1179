"""What happens to players beside their plays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fairground_common.db import ReadTx, Tx
from fairground_games.players import repository
from fairground_games.players.repository import PlayerRepository


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a player that come or go."""

    user_id: int
    amount: int


async def credit_points(tx: Tx, payments: Sequence[Points], *, seed_key_id: str) -> list[int]:
    """Add points and return the balance after each payment, in order.

    A player nobody has seen yet gets a row, with a seed pair derived from the key named here. The rows stay locked
    until the transaction ends.
    """
    players = PlayerRepository(tx)
    balances = await _hold(players, {payment.user_id for payment in payments}, seed_key_id=seed_key_id)
    after = []
    for payment in payments:
        balances[payment.user_id] += payment.amount
        after.append(balances[payment.user_id])
    await players.set_balances(balances)
    return after


async def debit_points(tx: Tx, debits: Sequence[Points]) -> list[int | None]:
    """Take points away and return the balance after each debit, in order; None for one the balance does not cover.

    Those are left out, whatever stands behind them. All of the players must have a row; it stays locked.
    """
    players = PlayerRepository(tx)
    balances = await players.lock_balances({debit.user_id for debit in debits})
    changed: dict[int, int] = {}
    after: list[int | None] = []
    for debit in debits:
        left = changed.get(debit.user_id, balances[debit.user_id]) - debit.amount
        if left >= 0:
            changed[debit.user_id] = left
        after.append(left if left >= 0 else None)
    await players.set_balances(changed)
    return after


async def count_strangers(tx: ReadTx, user_ids: Collection[int]) -> int:
    """Return how many of some users have never played or been given anything."""
    return len(set(user_ids)) - len(await repository.list_known(tx, user_ids))


async def read_balance(tx: ReadTx, user_id: int) -> int:
    """Return a player's points; 0 for one nobody has seen yet."""
    return await repository.find_balance(tx, user_id) or 0


async def _hold(players: PlayerRepository, user_ids: set[int], *, seed_key_id: str) -> dict[int, int]:
    """Lock players' rows and return their points; who has none gets a row.

    Rows there are come first: who is enrolled here may be waited for by a play that holds some of them.
    """
    balances = await players.lock_balances(user_ids)
    strangers = user_ids - balances.keys()
    if strangers:
        await players.enrol(strangers, seed_key_id=seed_key_id)
        balances |= await players.lock_balances(strangers)
    return balances
