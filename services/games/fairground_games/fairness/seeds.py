"""Server seeds are derived, not stored: HMAC-SHA256(GAMES_SEED_KEY, ``<user_id>:<pair number>``).

So a new player's commitment is known without writing a row, and a copy of the database shows no seed. The key's id
stands on every pair; a key that is replaced must stay known (GAMES_RETIRED_SEED_KEYS) as long as its pairs live.
"""

import hashlib
import hmac
from collections.abc import Iterable

from fairground_common.errors import Unavailable
from fairground_games.settings import GamesSettings


class SeedKeyUnknown(Unavailable):
    """The key of this player's seeds is not configured."""

    code = "SEED_KEY_UNKNOWN"
    advice = "Repeat later; operators must restore the key named in the service's log."
    operators = "Restore GAMES_SEED_KEY, or name the former one in GAMES_RETIRED_SEED_KEYS."


class Seeds:
    """Derives server seeds from the keys this service holds."""

    def __init__(self, key: bytes, retired: Iterable[bytes] = ()) -> None:
        self.key_id = key_id(key)
        self._keys = {key_id(each): each for each in (*retired, key)}

    def server_seed(self, key: str, user_id: int, pair: int) -> bytes:
        """Return the 32-byte seed of a pair. Raises SeedKeyUnknown."""
        try:
            secret = self._keys[key]
        except KeyError:
            raise SeedKeyUnknown(f"The seed key {key} is not configured.", retry_after=60) from None
        return hmac.digest(secret, f"{user_id}:{pair}".encode("ascii"), "sha256")

    def commitment(self, key: str, user_id: int, pair: int) -> str:
        return commitment(self.server_seed(key, user_id, pair))


def seeds_of(settings: GamesSettings) -> Seeds:
    """Return the deriver of server seeds with all keys this process was given."""
    retired = [key.get_secret_value().encode() for key in settings.retired_seed_keys]
    return Seeds(settings.seed_key.get_secret_value().encode(), retired)


def key_id(key: bytes) -> str:
    """Return a key's public name: eight hex digits that tell keys apart and nothing about them."""
    return hmac.digest(key, b"fairground/key-id", "sha256").hex()[:8]


def commitment(server_seed: bytes) -> str:
    """Return what is shown before the seed: lowercase hex SHA-256."""
    return hashlib.sha256(server_seed).hexdigest()


def default_client_seed(user_id: int) -> str:
    """Return the client seed of a player who chose none; a receipt says so (``default``)."""
    return f"player-{user_id}"
