"""The key ring: a process's copy of the published keys, at most a twentieth of their lead old (30 s).

It signs, it answers the JWKS route, and it verifies this service's own tokens without asking itself over HTTP.
While the database is away the copy goes on being used. The first key of a new installation is made here, by
whichever process comes first.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

from fairground_auth.keys import material, rules, usecases
from fairground_auth.keys.rules import StoredKey
from fairground_auth.keys.sealing import KeySealer, SealBroken
from fairground_common.clock import Clock
from fairground_common.db import Db, is_infrastructure_trouble
from fairground_common.errors import AuthKeysUnavailable

log = structlog.get_logger()

UNKNOWN_KEY_SECONDS = 1.0
"""Shortest time between two reads, whatever asks for them: a flood of unknown key ids stays cheap."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs now."""

    kid: str
    private_key: EllipticCurvePrivateKey


class KeyRing:
    """Published keys by id (a ``Keys`` of token verification) and the one that signs."""

    def __init__(self, db: Db, sealer: KeySealer, *, lead: timedelta, overlap: timedelta) -> None:
        self._db = db
        self._sealer = sealer
        self._overlap = overlap
        # Far below the lead, so that every process publishes a key before any process signs with it.
        self._fresh_seconds = lead.total_seconds() / 20
        self._clock = Clock()  # the machine's own time, as in Parts
        self._stored: dict[str, StoredKey] = {}
        self._public: dict[str, EllipticCurvePublicKey] = {}
        self._opened: dict[str, EllipticCurvePrivateKey] = {}
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()
        self.generation = 0

    async def key(self, kid: str) -> EllipticCurvePublicKey | None:
        """Return a published key; None when there is none of this id. Raises AuthKeysUnavailable without any."""
        await self._freshen(self._fresh_seconds if kid in self._stored else UNKNOWN_KEY_SECONDS)
        if not self._stored:
            raise AuthKeysUnavailable(retry_after=2)
        stored = self._stored.get(kid)
        return self._public[kid] if stored is not None and stored.is_published(self._clock.now()) else None

    async def signer(self) -> Signer:
        """Return the key that signs now. Raises AuthKeysUnavailable when there is none or it cannot be opened."""
        await self._freshen(self._fresh_seconds)
        signing = rules.signing_at(list(self._stored.values()), self._clock.now())
        if signing is None:
            raise AuthKeysUnavailable(retry_after=2)
        return Signer(signing.kid, self._open(signing))

    async def key_set(self) -> dict[str, Any]:
        """Return the JWK set: every published key, also the one that does not sign yet.

        Raises AuthKeysUnavailable rather than hand out an empty set, which would make every verifier say no.
        """
        await self._freshen(self._fresh_seconds)
        if not self._stored:
            raise AuthKeysUnavailable(retry_after=2)
        now = self._clock.now()
        return {"keys": [material.as_jwk(stored) for stored in self._stored.values() if stored.is_published(now)]}

    async def refresh(self) -> None:
        """Read the keys again; on a new installation make the first one."""
        async with self._db.read() as tx:
            found = await usecases.list_published_keys(tx, now=self._clock.now())
        if rules.signing_at(found, self._clock.now()) is None:
            async with self._db.begin() as tx:
                await usecases.ensure_signing_key(tx, self._sealer, self._clock, overlap=self._overlap)
                found = await usecases.list_published_keys(tx, now=self._clock.now())
        self._take(found)

    async def _freshen(self, oldest: float) -> None:
        async with self._reading:
            if not self._is_due(oldest):
                return
            self._tried_at = time.monotonic()
            try:
                await self.refresh()
            except Exception as trouble:
                if not is_infrastructure_trouble(trouble):
                    raise
                log.warning("signing keys not read", error=repr(trouble))

    def _is_due(self, oldest: float) -> bool:
        now = time.monotonic()
        return now - self._read_at > oldest and now - self._tried_at > UNKNOWN_KEY_SECONDS

    def _take(self, found: list[StoredKey]) -> None:
        self._read_at = time.monotonic()
        stored = {key.kid: key for key in found}
        if stored == self._stored:
            return
        self._stored = stored
        self._public = {kid: material.read_public_key(key) for kid, key in stored.items()}
        self._opened = {kid: key for kid, key in self._opened.items() if kid in stored}
        self.generation += 1

    def _open(self, stored: StoredKey) -> EllipticCurvePrivateKey:
        if stored.kid not in self._opened:
            try:
                self._opened[stored.kid] = material.open_private_key(self._sealer, stored)
            except SealBroken:
                log.error("AUTH_KEY_ENCRYPTION_KEY does not open the stored signing key", kid=stored.kid)  # noqa: TRY400
                raise AuthKeysUnavailable("The signing key cannot be opened.", retry_after=30) from None
        return self._opened[stored.kid]
