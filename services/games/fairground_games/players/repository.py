"""Players' rows outside of plays: found, made when missing, their points changed. (Plays have their own statements.)"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select, update

from fairground_common.db import ReadTx, Tx
from fairground_common.db.rows import as_rows, given_rows
from fairground_games.fairness.seeds import default_client_seed
from fairground_games.players.models import player
from fairground_games.players.statements import ENROL_NAMED

_AMONG_THEM = player.c.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger)))

_LOCK = select(player.c.user_id, player.c.balance).where(_AMONG_THEM).order_by(player.c.user_id).with_for_update()

_given = given_rows(player, ("user_id", "balance"))
_SET_BALANCES = (
    update(player)
    .where(player.c.user_id == _given.c.user_id)
    .values(balance=_given.c.balance, updated_at=bindparam("moment"))
)


class PlayerRepository:
    """Writes of players' rows, always in user_id order: whoever needs several waits in the same direction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def enrol(self, user_ids: Iterable[int], *, seed_key_id: str) -> None:
        """Give those without a row one: no plays, no points, the first seed pair; as a first play does."""
        ids = sorted(user_ids)
        newcomers = {
            "user_ids": ids,
            "client_seeds": [default_client_seed(user_id) for user_id in ids],
            "key_id": seed_key_id,
            "today": self._tx.today,
            "now": self._tx.now,
        }
        await self._tx.execute(ENROL_NAMED, newcomers)

    async def lock_balances(self, user_ids: Iterable[int]) -> dict[int, int]:
        """Hold players' rows and return their points, in user_id order."""
        rows = await self._tx.rows(_LOCK, {"user_ids": sorted(user_ids)})
        return {row.user_id: row.balance for row in rows}

    async def set_balances(self, balances: Mapping[int, int]) -> None:
        """Store the points of players whose rows are held."""
        rows = [{"user_id": user_id, "balance": balance} for user_id, balance in balances.items()]
        await self._tx.execute(_SET_BALANCES, {**as_rows(rows), "moment": self._tx.now})


async def list_known(tx: ReadTx, user_ids: Collection[int]) -> set[int]:
    """Return those of some players who have a row."""
    rows = await tx.rows(select(player.c.user_id).where(_AMONG_THEM), {"user_ids": list(user_ids)})
    return {row.user_id for row in rows}


async def find_balance(tx: ReadTx, user_id: int) -> int | None:
    """Return a player's points, None without a row."""
    balance: int | None = await tx.scalar(select(player.c.balance).where(player.c.user_id == user_id))
    return balance
