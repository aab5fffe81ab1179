"""The life of a signing key: published first, signing next, published a while longer, gone.

Whoever verifies tokens keeps the key set for half a lead. A key is therefore published a lead before it signs, and
stays for an overlap after its successor's first signature: until the last token it signed has expired everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import zip_longest


class Phase(StrEnum):
    """Where in its life a key is."""

    WAITING = "waiting"
    SIGNING = "signing"
    VERIFYING = "verifying"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A signing key as it is kept: ``public_key`` is DER, the private one sealed."""

    kid: str
    public_key: bytes
    sealed_private_key: bytes
    created_at: datetime
    signs_from: datetime
    published_until: datetime | None

    def is_published(self, now: datetime) -> bool:
        return self.published_until is None or self.published_until > now


def signing_at(keys: Sequence[StoredKey], now: datetime) -> StoredKey | None:
    """Return the key that signs at a moment: of those published and begun, the youngest."""
    begun = [key for key in keys if key.is_published(now) and key.signs_from <= now]
    return max(begun, key=_turn, default=None)


def phase_of(key: StoredKey, keys: Sequence[StoredKey], now: datetime) -> Phase:
    """Return where in its life one of the keys is."""
    if not key.is_published(now):
        return Phase.RETIRED
    if key.signs_from > now:
        return Phase.WAITING
    signing = signing_at(keys, now)
    return Phase.SIGNING if signing is not None and signing.kid == key.kid else Phase.VERIFYING


def can_sign_without(kid: str, keys: Sequence[StoredKey], now: datetime) -> bool:
    """Tell whether tokens can still be signed when a key goes at once."""
    return signing_at([key for key in keys if key.kid != kid], now) is not None


def to_sign(keys: Sequence[StoredKey], now: datetime) -> list[StoredKey]:
    """Return the key that signs and those that will; the others only verify what they have signed."""
    return [key for key in keys if phase_of(key, keys, now) in {Phase.SIGNING, Phase.WAITING}]


def ends_of(keys: Sequence[StoredKey], *, overlap: timedelta) -> Mapping[str, datetime | None]:
    """Return until when each of the keys that take turns in signing is published; the last of them has no end."""
    turns = sorted(keys, key=_turn)
    ends = [successor.signs_from + overlap for successor in turns[1:]]
    return {key.kid: end for key, end in zip_longest(turns, ends)}


def _turn(key: StoredKey) -> tuple[datetime, str]:
    return key.signs_from, key.kid
