"""The draw, byte for byte as published: anyone can compute it again.

message = ``fairground/1/<game>:<client_seed>:<nonce>:<draw>:<block>``; HMAC-SHA256 under the server seed gives four
big-endian 64-bit words, used in order. A word that would make small values more likely is skipped (rejection
sampling); after four words the next block is taken. No floats, no modulo bias, no other source of chance.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

WORD_SPACE = 1 << 64
_WORD_BYTES = 8


@dataclass(frozen=True, slots=True)
class Draws:
    """The values one play may draw: fixed by its seeds and nonce before anybody asks."""

    server_seed: bytes
    game: str
    client_seed: str
    nonce: int

    def value(self, draw: int, width: int) -> int:
        """Return the value with index ``draw``, uniform over 0..width-1. ``width`` is 1 to 2^64."""
        usable = WORD_SPACE - WORD_SPACE % width
        block = 0
        while True:
            digest = self.block(draw, block)
            for start in range(0, len(digest), _WORD_BYTES):
                word = int.from_bytes(digest[start : start + _WORD_BYTES], "big")
                if word < usable:
                    return word % width
            block += 1

    def block(self, draw: int, block: int) -> bytes:
        message = f"fairground/1/{self.game}:{self.client_seed}:{self.nonce}:{draw}:{block}"
        return hmac.digest(self.server_seed, message.encode("ascii"), "sha256")

    def weighted(self, draw: int, weights: Sequence[int]) -> int:
        """Return an index with a chance of exactly its weight over their sum (which must be above 0)."""
        value = self.value(draw, sum(weights))
        for index, weight in enumerate(weights):
            if value < weight:
                return index
            value -= weight
        raise AssertionError("the value is below the sum of the weights")
