"""Making signing keys and showing them: ES256 only, DER in the database, JWK on the wire."""

import hashlib
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from fairground_auth.keys.rules import StoredKey
from fairground_auth.keys.sealing import KeySealer
from fairground_common.web.tokens import ALGORITHM

KID_DIGITS = 24
"""Hexadecimal, so that no id is taken for an option of the command line."""

_PUBLIC_MEMBERS = ("kty", "crv", "x", "y")


def make_key(sealer: KeySealer, *, now: datetime, signs_from: datetime) -> StoredKey:
    """Return a new key pair, the private half sealed."""
    private_key = generate_private_key(SECP256R1())
    public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    kid = hashlib.sha256(public).hexdigest()[:KID_DIGITS]
    private = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return StoredKey(
        kid=kid,
        public_key=public,
        sealed_private_key=sealer.seal(kid, private),
        created_at=now,
        signs_from=signs_from,
        published_until=None,
    )


def open_private_key(sealer: KeySealer, stored: StoredKey) -> EllipticCurvePrivateKey:
    """Return the private half. Raises SealBroken."""
    key = load_der_private_key(sealer.open(stored.kid, stored.sealed_private_key), password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return key


def read_public_key(stored: StoredKey) -> EllipticCurvePublicKey:
    key = load_der_public_key(stored.public_key)
    assert isinstance(key, EllipticCurvePublicKey)
    return key


def as_jwk(stored: StoredKey) -> dict[str, Any]:
    """Return the public JWK; private members cannot be in it, because only the public half is read."""
    members = jwt.get_algorithm_by_name(ALGORITHM).to_jwk(read_public_key(stored), as_dict=True)
    return {name: members[name] for name in _PUBLIC_MEMBERS} | {"kid": stored.kid, "use": "sig", "alg": ALGORITHM}
