"""Access tokens by the hundred thousand."""

from datetime import UTC, datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from fairground_auth.keys.ring import Signer
from fairground_auth.sessions.access_tokens import sign_access_token
from fairground_auth.testing import MakeSettings
from fairground_common.db.provision import ServiceDatabase

MANY = 100_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_no_two_tokens_of_one_moment_have_the_same_id(database: ServiceDatabase, make_settings: MakeSettings) -> None:
    settings = make_settings(database)
    signer = Signer("kid", generate_private_key(SECP256R1()))
    seen = set()
    for _ in range(MANY):
        token = sign_access_token(signer, settings, user_id=7, roles=["player"], now=NOW)
        seen.add(jwt.decode(token, options={"verify_signature": False})["jti"])
    assert len(seen) == MANY
