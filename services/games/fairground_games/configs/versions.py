"""Stored versions, checked whenever they are loaded and kept for a moment.

A version is immutable, so a process may remember it; but hands can reach a database, so it is read and checked again
every second: a version broken by hand is refused within that time instead of being played.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from pydantic import ValidationError

from fairground_common.contracts import Reward
from fairground_common.db import DriverConnection, ReadTx
from fairground_games.configs.canonical import canonical_of, sha256_of
from fairground_games.configs.statements import LOAD, LOAD_NAMED
from fairground_games.games import game_of
from fairground_games.games.outcome import Outcome, Version

REMEMBER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A sound version with the text and hash it is known by: all that never changes about it."""

    version: Version
    canonical: str
    sha256: str


class Versions:
    """Loads versions: over the driver in a play's transaction, in a ``ReadTx`` everywhere else."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], tuple[float, StoredVersion]] = {}

    async def get(self, source: DriverConnection | asyncpg.Pool, game: str, number: int) -> StoredVersion:
        """Return a version that exists. Raises the game's INVALID_… error when its rows break the rules."""
        return self._find(game, number) or self._keep(checked(game, number, await source.fetch(LOAD, game, number)))

    async def get_in(self, tx: ReadTx, game: str, number: int) -> StoredVersion:
        """Do as ``get`` does, within a transaction."""
        return self._find(game, number) or self._keep(await load(tx, game, number))

    def _find(self, game: str, number: int) -> StoredVersion | None:
        kept = self._kept.get((game, number))
        return kept[1] if kept is not None and time.monotonic() - kept[0] < REMEMBER_SECONDS else None

    def _keep(self, stored: StoredVersion) -> StoredVersion:
        self._kept[stored.version.game, stored.version.number] = (time.monotonic(), stored)
        return stored


async def load(tx: ReadTx, game: str, number: int) -> StoredVersion:
    """Read and check a version that exists now, whatever is remembered of it."""
    rows = await tx.execute(LOAD_NAMED, {"game": game, "number": number})
    return checked(game, number, rows.mappings().all())


def checked(name: str, number: int, rows: Sequence[Any]) -> StoredVersion:
    """Return the version that rows of ``LOAD`` tell about. Raises the game's INVALID_… error."""
    game = game_of(name)
    try:
        head, outcomes = rows[0], tuple(_outcome(row) for row in rows if row["key"] is not None)
    except (IndexError, ValidationError) as broken:
        raise game.broken(f"Version {number} cannot be read.") from broken
    faults = game.faults(outcomes)
    if faults:
        raise game.broken(f"Version {number}: {faults[0].msg}.")
    version = Version(name, number, head["name"], head["max_daily"], outcomes)
    if sha256_of(canonical_of(game, version)) != head["sha256"] or sha256_of(head["canonical"]) != head["sha256"]:
        raise game.broken(f"Version {number} is not what was stored: its hash differs.")
    return StoredVersion(version, head["canonical"], head["sha256"])


def _outcome(row: Any) -> Outcome:
    return Outcome(
        key=row["key"],
        position=row["position"],
        label=row["label"],
        weight=row["weight"],
        is_jackpot=row["is_jackpot"],
        is_active=row["is_active"],
        reward=Reward(
            type=row["reward_type"],
            amount=row["reward_amount"],
            sku=row["reward_sku"],
            label=row["reward_label"],
        ),
    )
