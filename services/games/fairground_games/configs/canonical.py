"""The text of a version that its hash stands for.

Canonical JSON: sorted keys, ``,`` and ``:`` without spaces, UTF-8 unescaped, integers only. The hash is lowercase
hex SHA-256 of that text; receipts name it, so an operator cannot hand a verifier other weights afterwards. The text
holds what was posted, without stock (which is no part of a version): the same content has the same hash.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fairground_games.games.game import Game
from fairground_games.games.outcome import Version


def canonical_of(game: Game, version: Version) -> str:
    """Return a version's canonical JSON text."""
    return canonical_json(
        {"name": version.name, "max_daily": version.max_daily, **game.items(version.outcomes)},
    )


def canonical_json(document: Mapping[str, Any]) -> str:
    """Return the one way to write a document without floats."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of(canonical: str) -> str:
    return hashlib.sha256(canonical.encode()).hexdigest()
