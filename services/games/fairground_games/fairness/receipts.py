"""A receipt: all that is needed to compute a play again, put together from its row and its version."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fairground_games.configs.versions import StoredVersion
from fairground_games.games.attempts import ShownAttempt, unpacked


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt. ``attempts`` and ``unit`` are None outside the lottery, ``server_seed`` until it is revealed."""

    play_id: UUID
    game: str
    day: date
    created_at: datetime
    config_version: int
    config_sha256: str
    commitment: str
    client_seed: str
    client_seed_source: str
    nonce: int
    outcome: dict[str, Any]
    reward: dict[str, Any]
    config: str
    attempts: list[ShownAttempt] | None
    unit: int | None
    server_seed: str | None


def receipt_of(play: Any, stored: StoredVersion, server_seed: bytes | None) -> Receipt:
    """Return the receipt of a row of ``play``; ``server_seed`` only when its pair has ended."""
    kept = play.receipt
    return Receipt(
        play_id=play.play_id,
        game=play.game,
        day=play.day,
        created_at=play.created_at,
        config_version=play.config_version,
        config_sha256=stored.sha256,
        commitment=kept["commitment"],
        client_seed=kept["client_seed"],
        client_seed_source=kept["client_seed_source"],
        nonce=play.nonce,
        outcome=play.outcome,
        reward=play.reward,
        config=stored.canonical,
        attempts=unpacked(stored.version, kept["attempts"]) if "attempts" in kept else None,
        unit=play.unit,
        server_seed=None if server_seed is None else server_seed.hex(),
    )
