"""All SQL of seed pairs and receipts."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, insert, select, update

from fairground_common.db import ReadTx, Tx
from fairground_games.fairness.models import revealed_seed_pair
from fairground_games.fairness.rules import Pair
from fairground_games.players.models import player
from fairground_games.plays.models import play

_PAIR = select(
    player.c.user_id,
    player.c.pair.label("number"),
    player.c.key_id,
    player.c.client_seed,
    player.c.client_seed_source,
    player.c.nonce,
)


class PairRepository:
    """Writes of seed pairs."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def lock(self, user_id: int) -> Pair | None:
        """Hold a player's row: plays of this player wait, or this waits for them."""
        row = await self._tx.row(_PAIR.where(player.c.user_id == user_id).with_for_update())
        return None if row is None else Pair(**row._asdict())

    async def end(self, pair: Pair) -> None:
        """Note that a pair has ended: from now on its seed may be shown, and never be used."""
        await self._tx.execute(
            insert(revealed_seed_pair).values(
                user_id=pair.user_id,
                pair=pair.number,
                key_id=pair.key_id,
                client_seed=pair.client_seed,
                client_seed_source=pair.client_seed_source,
                plays=pair.nonce,
                revealed_at=self._tx.now,
            )
        )

    async def start(self, pair: Pair) -> None:
        """Let a player whose row is held play on with a pair."""
        await self._tx.execute(
            update(player)
            .where(player.c.user_id == pair.user_id)
            .values(
                pair=pair.number,
                key_id=pair.key_id,
                client_seed=pair.client_seed,
                client_seed_source=pair.client_seed_source,
                nonce=pair.nonce,
                updated_at=self._tx.now,
            )
        )


async def find_pair(tx: ReadTx, user_id: int) -> Pair | None:
    row = await tx.row(_PAIR.where(player.c.user_id == user_id))
    return None if row is None else Pair(**row._asdict())


async def find_play(tx: ReadTx, user_id: int, play_id: UUID) -> Row[Any] | None:
    """Return a player's play, with ``revealed_key_id`` once its pair has ended."""
    ended = and_(revealed_seed_pair.c.user_id == play.c.user_id, revealed_seed_pair.c.pair == play.c.pair)
    return await tx.row(
        select(play, revealed_seed_pair.c.key_id.label("revealed_key_id"))
        .join_from(play, revealed_seed_pair, ended, isouter=True)
        .where(play.c.play_id == play_id, play.c.user_id == user_id)
    )
