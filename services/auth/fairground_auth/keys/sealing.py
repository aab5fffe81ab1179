"""Private keys at rest: AES-256-GCM under a key derived from AUTH_KEY_ENCRYPTION_KEY, bound to the key's id."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class SealBroken(Exception):
    """The sealed key was made under another AUTH_KEY_ENCRYPTION_KEY, for another id, or was altered."""


class KeySealer:
    """Seals private keys and opens them again."""

    def __init__(self, secret: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"fairground/auth/signing-key").derive(secret.encode())
        self._cipher = AESGCM(derived)

    def seal(self, kid: str, private_key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, private_key, kid.encode())

    def open(self, kid: str, sealed: bytes) -> bytes:
        """Return the private key's bytes. Raises SealBroken."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], kid.encode())
        except InvalidTag:
            raise SealBroken(kid) from None
