"""The published draw: which number the seeds, a play's nonce and a draw's index give."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import NamedTuple

WORD_BYTES = 8
WORDS = 1 << (8 * WORD_BYTES)
"""How many different words there are."""


class Draws(NamedTuple):
    """The draws of one play."""

    server_seed: bytes
    game: str
    client_seed: str
    nonce: int

    def number(self, draw: int, width: int) -> int:
        """Return the number with index ``draw``, one of 0 to width - 1. ``width`` is 1 to 2^64."""
        numbers = (number_of(word, width) for word in self._words(draw))
        return next(number for number in numbers if number is not None)

    def choose(self, draw: int, weights: Sequence[int]) -> int:
        """Return the index that the number falls on when each index takes as many numbers as its weight."""
        number, upper = self.number(draw, sum(weights)), 0
        for index, weight in enumerate(weights):
            upper += weight
            if number < upper:
                return index
        raise AssertionError("a number is below the sum of the weights")

    def block(self, draw: int, block: int) -> bytes:
        """Return 32 bytes: the HMAC of the published message under the server seed."""
        message = f"fairground/1/{self.game}:{self.client_seed}:{self.nonce}:{draw}:{block}"
        return hmac.new(self.server_seed, message.encode("ascii"), hashlib.sha256).digest()

    def _words(self, draw: int) -> Iterator[int]:
        """Yield words without end. At least half of all words are accepted, whatever the width."""
        block = 0
        while True:
            digest = self.block(draw, block)
            for start in range(0, len(digest), WORD_BYTES):
                yield int.from_bytes(digest[start : start + WORD_BYTES], "big")
            block += 1


def number_of(word: int, width: int) -> int | None:
    """Return the number a word stands for, or None for a word that is skipped.

    Words are dealt out in rounds of ``width``. In the last round, cut short by the end of the words, not every
    number would have its turn: its words are skipped, so that all numbers are equally likely.
    """
    finished_rounds, number = divmod(word, width)
    return number if finished_rounds < WORDS // width else None
