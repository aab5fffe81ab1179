"""Access tokens as RFC 9068 shapes them, signed with the key of the moment."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import jwt

from fairground_auth.keys.ring import Signer
from fairground_auth.settings import AuthSettings
from fairground_common.web.tokens import ALGORITHM, TOKEN_TYPE


def sign_access_token(
    signer: Signer, settings: AuthSettings, *, user_id: int, roles: Sequence[str], now: datetime
) -> str:
    """Return a token that lets its bearer act as the user until it expires."""
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": str(user_id),
        "roles": [str(role) for role in roles],
        "jti": uuid4().hex,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + settings.access_token_seconds,
    }
    return jwt.encode(claims, signer.private_key, ALGORITHM, headers={"typ": TOKEN_TYPE, "kid": signer.kid})
