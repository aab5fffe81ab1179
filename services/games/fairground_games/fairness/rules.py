"""Seed pairs: what a player is promised, and what a pair becomes when it ends."""

from dataclasses import dataclass, replace
from typing import Literal

ClientSeedSource = Literal["default", "player"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A player's seed pair. The server seed itself is derived from the pair's number and never stored."""

    user_id: int
    number: int
    key_id: str
    client_seed: str
    client_seed_source: ClientSeedSource
    nonce: int
    """The next play's nonce: how many plays the pair has had."""

    def next(self, client_seed: str | None) -> "Pair":
        """Return the pair that follows, with the player's client seed if there is a new one.

        It stays with the key of this pair, whatever key is in use for newcomers: its commitment is out already.
        """
        following = replace(self, number=self.number + 1, nonce=0)
        if client_seed is None:
            return following
        return replace(following, client_seed=client_seed, client_seed_source="player")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a player knows before the next play."""

    pair: Pair
    commitment: str
    next_commitment: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """A pair that has ended, with its secret."""

    pair: Pair
    server_seed: bytes
    commitment: str
