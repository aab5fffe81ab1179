"""What a player may know about their seeds, and when.

A server seed is shown only once a ``revealed_seed_pair`` row exists, and that row is written in the transaction
that takes the pair out of use: shown and still usable is impossible.
"""

from uuid import UUID

from fairground_common.db import ReadTx, Tx
from fairground_games.configs.versions import Versions
from fairground_games.fairness import repository
from fairground_games.fairness.receipts import Receipt, receipt_of
from fairground_games.fairness.repository import PairRepository
from fairground_games.fairness.rules import Pair, Promise, Revealed
from fairground_games.fairness.seeds import Seeds, commitment, default_client_seed
from fairground_games.players.repository import PlayerRepository
from fairground_games.plays.errors import PlayNotFound


async def read_promise(tx: ReadTx, seeds: Seeds, user_id: int) -> Promise:
    """Return what a player is promised; known for somebody who has no row yet, without writing one."""
    return _promise(seeds, await repository.find_pair(tx, user_id) or _first_pair(seeds, user_id))


async def rotate(tx: Tx, seeds: Seeds, *, user_id: int, client_seed: str | None) -> tuple[Revealed, Promise]:
    """End a player's pair, reveal its seed and start the one committed to; without a client seed the old one stays."""
    pairs = PairRepository(tx)
    ended = await pairs.lock(user_id)
    if ended is None:
        await PlayerRepository(tx).enrol([user_id], seed_key_id=seeds.key_id)
        ended = await pairs.lock(user_id)
    assert ended is not None, "an enrolled player has a row"
    following = ended.next(client_seed)
    await pairs.end(ended)
    await pairs.start(following)
    server_seed = seeds.server_seed(ended.key_id, user_id, ended.number)
    return Revealed(ended, server_seed, commitment(server_seed)), _promise(seeds, following)


async def get_receipt(tx: ReadTx, seeds: Seeds, versions: Versions, *, user_id: int, play_id: UUID) -> Receipt:
    """Return the receipt of a player's own play. Raises PlayNotFound."""
    row = await repository.find_play(tx, user_id, play_id)
    if row is None:
        raise PlayNotFound
    stored = await versions.get_in(tx, row.game, row.config_version)
    key_id = row.revealed_key_id
    server_seed = None if key_id is None else seeds.server_seed(key_id, user_id, row.pair)
    return receipt_of(row, stored, server_seed)


def _first_pair(seeds: Seeds, user_id: int) -> Pair:
    return Pair(user_id, 0, seeds.key_id, default_client_seed(user_id), "default", 0)


def _promise(seeds: Seeds, pair: Pair) -> Promise:
    following = pair.next(None)
    return Promise(
        pair,
        commitment=seeds.commitment(pair.key_id, pair.user_id, pair.number),
        next_commitment=seeds.commitment(following.key_id, following.user_id, following.number),
    )
