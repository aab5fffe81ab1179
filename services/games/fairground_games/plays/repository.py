"""All SQL of a play, over the driver: the statement that locks and the statement that settles.

Between BEGIN and COMMIT a batch costs two round trips, whatever its size. This is the one place that uses the
driver's pool instead of SQLAlchemy, because round trips and per-row work decide the rate of plays.

What ``lock`` reads beside the locked rows is its statement's snapshot, which may be older than a lock it won a
moment later. So nothing read there is trusted to be unique: the second statement runs into ``play``'s and the
ledger's unique constraints or guards its UPDATE, and the whole transaction is run again.
"""

import datetime
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from fairground_common.db import DriverConnection
from fairground_games.fairness.seeds import Seeds, default_client_seed
from fairground_games.players.statements import ENROL
from fairground_games.plays.events import play_settled_text
from fairground_games.plays.play import Play, SettledPlay
from fairground_games.plays.scene import PlayerRow, Scene, World
from fairground_games.plays.settlement import Batch, Settled
from fairground_games.plays.statements import LOCK, PLAY_COLUMNS, READ_WORLD, SETTLE, SETTLE_WITH_STOCK, WAIT

PLAYED = "PLAY"
"""The action of a play in user_event_log."""


class _WorldText(msgspec.Struct):
    schedule: list[tuple[str, bool]] | None
    enabled: list[str] | None
    active: dict[str, int] | None
    exhausted: list[str] | None
    limited: list[str] | None


_world_decoder = msgspec.json.Decoder(_WorldText)
_used_decoder = msgspec.json.Decoder(dict[str, int])
_text = msgspec.json.Encoder()


async def wait_for_players(connection: DriverConnection, user_ids: Sequence[int]) -> None:
    """Lock players' rows, waiting at most lock_timeout for those who hold them."""
    await connection.fetch(WAIT, list(user_ids))


async def lock(connection: DriverConnection, plays: Sequence[Play]) -> Scene:
    """Lock the players nobody else holds and read what decides their plays."""
    rows = await connection.fetch(
        LOCK,
        [play.user_id for play in plays],
        [play.game.name for play in plays],
        [play.idempotency_key for play in plays],
    )
    return Scene(
        world=world_of(rows[0]),
        players={row["user_id"]: _player(row) for row in rows if row["player_pair"] is not None},
        newcomers=frozenset(row["user_id"] for row in rows if row["is_new"]),
        replays={index: played(row) for index, row in enumerate(rows) if row["play_id"] is not None},
    )


async def read_world(source: asyncpg.Pool) -> World:
    """Read the world without locking anything."""
    row = await source.fetchrow(READ_WORLD)
    assert row is not None, "the statement always gives one row"
    return world_of(row)


async def enrol(connection: DriverConnection, user_ids: frozenset[int], scene: Scene, seeds: Seeds) -> None:
    """Give newcomers their row and add those to the scene; who is enrolled elsewhere right now stays out."""
    ids = sorted(user_ids)
    rows = await connection.fetch(
        ENROL, ids, [default_client_seed(user_id) for user_id in ids], seeds.key_id, scene.world.today, scene.world.now
    )
    scene.players.update({row["user_id"]: _player(row) for row in rows})


async def store(connection: DriverConnection, batch: Batch, now: datetime.datetime) -> dict[str, int]:
    """Store a batch in one statement. Returns {} when stored; else what is left of the prizes, and nothing is."""
    arguments = [*_player_arrays(batch), *_play_arrays(batch.settled), *_event_arrays(batch.settled), now]
    if not batch.units:
        await connection.execute(SETTLE, *arguments)
        return {}
    keys = sorted(batch.units)
    rows = await connection.fetch(SETTLE_WITH_STOCK, *arguments, keys, [batch.units[key] for key in keys])
    if all(row["enough"] for row in rows):
        issued = {row["prize_key"]: row["issued"] for row in rows}
        _number_units(batch, issued)
        return {}
    return {row["prize_key"]: row["left"] for row in rows}


def world_of(row: asyncpg.Record) -> World:
    text = _world_decoder.decode(row["world"])
    return World(
        now=row["now"],
        today=row["today"],
        schedule=tuple(text.schedule or ()),
        enabled=frozenset(text.enabled or ()),
        active=text.active or {},
        exhausted=frozenset(text.exhausted or ()),
        limited=frozenset(text.limited or ()),
    )


def played(row: Any) -> SettledPlay:
    """Return a play from a row that has ``PLAY_COLUMNS``."""
    columns = {name: row[name] for name in PLAY_COLUMNS}
    for name in ("outcome", "reward", "receipt"):
        columns[name] = msgspec.json.decode(columns[name])
    return SettledPlay(**columns)


def _player(row: asyncpg.Record) -> PlayerRow:
    return PlayerRow(
        user_id=row["user_id"],
        day=row["player_day"],
        used=_used_decoder.decode(row["used"]),
        balance=row["player_balance"],
        pair=row["player_pair"],
        key_id=row["key_id"],
        client_seed=row["client_seed"],
        client_seed_source=row["client_seed_source"],
        nonce=row["player_nonce"],
    )


def _number_units(batch: Batch, issued: dict[str, int]) -> None:
    """Turn units counted within the batch into unit numbers of the prize."""
    for settled in batch.settled:
        play = settled.play
        if play.unit is not None:
            play.unit += issued[play.outcome_key]


def _player_arrays(batch: Batch) -> tuple[list[Any], ...]:
    players = list(batch.players.values())
    return (
        [player.user_id for player in players],
        [player.day for player in players],
        [_json(player.used) for player in players],
        [player.balance for player in players],
        [player.nonce for player in players],
    )


def _play_arrays(settled: Sequence[Settled]) -> tuple[list[Any], ...]:
    plays = [each.play for each in settled]
    return (
        [play.play_id for play in plays],
        [play.event_id for play in plays],
        [play.user_id for play in plays],
        [play.game for play in plays],
        [play.config_version for play in plays],
        [play.day for play in plays],
        [play.pair for play in plays],
        [play.nonce for play in plays],
        [play.outcome_key for play in plays],
        [_json(play.outcome) for play in plays],
        [_json(play.reward) for play in plays],
        [play.unit for play in plays],
        [_json(play.receipt) for play in plays],
        [play.used_today for play in plays],
        [play.max_daily for play in plays],
        [play.balance for play in plays],
        [each.asked.idempotency_key for each in settled],
    )


def _event_arrays(settled: Sequence[Settled]) -> tuple[list[Any], ...]:
    return (
        [each.asked.game.feature_type for each in settled],
        [each.asked.request_id for each in settled],
        [_event(each) for each in settled],
    )


def _event(settled: Settled) -> str:
    asked = settled.asked
    return play_settled_text(
        settled.play,
        feature_type=asked.game.feature_type,
        said=settled.said,
        request_id=asked.request_id,
        traceparent=asked.traceparent,
    )


def _json(value: object) -> str:
    return _text.encode(value).decode()
