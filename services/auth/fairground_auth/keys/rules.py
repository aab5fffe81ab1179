"""The life of a signing key: published first, signing next, published a while longer, gone.

Whoever verifies tokens asks for the key set every 5 minutes. A key is therefore published 10 minutes before it
signs, and stays until the last token it signed has expired everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEAD = timedelta(minutes=10)
"""From publishing to signing: two refresh intervals of whoever verifies."""
OVERLAP = timedelta(minutes=20)
"""From the successor's first signature to the end of publishing: access token 10 min + key set cache + leeway."""


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
    return max(begun, key=lambda key: (key.signs_from, key.kid), default=None)


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
