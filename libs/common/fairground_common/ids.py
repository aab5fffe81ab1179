"""UUIDv7 (RFC 9562): ids that sort by the time they were made, so that indexes grow at one end."""

import os
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_RAND_A_MASK = 0xFFF
_RAND_B_MASK = (1 << 62) - 1


def new_id() -> UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    return UUID(
        int=(milliseconds << 80) | _VERSION | ((random >> 64 & _RAND_A_MASK) << 64) | _VARIANT | (random & _RAND_B_MASK)
    )
