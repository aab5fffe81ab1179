"""Access tokens, verified alike by the gateway and by every service.

ES256 only, RFC 9068 shape. Signature keys come from one pinned address (``KeySource``); a verified token is
remembered for at most 30 s, so that the signature's cost is paid once per client and not once per request.
Token times run on the machine's own clock: they are about security, not about the business day.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from fairground_common.errors import NotAuthenticated
from fairground_common.web.metrics import TOKENS

ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of RFC 9068
LEEWAY_SECONDS = 10
REMEMBER_SECONDS = 30.0
REMEMBER_TOKENS = 10_000
LONGEST_TOKEN = 8192

_FORBIDDEN_HEADERS = {"jku", "jwk", "x5u", "x5c", "crit"}
_REQUIRED_CLAIMS = ["exp", "iat", "sub", "jti", "aud", "iss"]

PLAYER, OPERATOR, ADMIN = "player", "operator", "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling, as proven by their access token."""

    user_id: int
    roles: frozenset[str]

    def may(self, role: str) -> bool:
        """An admin may all an operator may; everybody with a token may play."""
        return role == PLAYER or role in self.roles or (role == OPERATOR and ADMIN in self.roles)


class Keys(Protocol):
    """Public keys by their id. ``generation`` changes with every change of the set."""

    generation: int

    async def key(self, kid: str) -> EllipticCurvePublicKey | None: ...


class TokenVerifier:
    """Turns a bearer token into an identity, or refuses it with 401."""

    def __init__(self, keys: Keys, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._verified: OrderedDict[str, tuple[float, Identity]] = OrderedDict()
        self._generation = keys.generation

    def remembered(self, token: str) -> Identity | None:
        """Return the identity of a token verified a moment ago: no await, no cryptography."""
        if self._generation != self._keys.generation:
            self._verified.clear()
            self._generation = self._keys.generation
        known = self._verified.get(token)
        if known is None or known[0] <= time.time():
            return None
        TOKENS.add("yes")
        return known[1]

    async def verify(self, token: str) -> Identity:
        """Return who the token speaks for. Raises NotAuthenticated, or AuthKeysUnavailable without any key."""
        known = self.remembered(token)
        if known is not None:
            return known
        if len(token) > LONGEST_TOKEN:
            raise NotAuthenticated("The access token is too long.")
        key = await self._keys.key(_key_id(token))
        if key is None:
            raise NotAuthenticated("The access token is signed with an unknown key.")
        claims = self._claims(token, key)
        TOKENS.add("no")
        identity = _identity(claims)
        self._remember(token, float(claims["exp"]), identity)
        return identity

    def _claims(self, token: str, key: EllipticCurvePublicKey) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED_CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The access token has expired.") from None
        except jwt.PyJWTError:
            raise NotAuthenticated("The access token is not valid.") from None

    def _remember(self, token: str, expires_at: float, identity: Identity) -> None:
        self._verified[token] = (min(expires_at, time.time() + REMEMBER_SECONDS), identity)
        if len(self._verified) > REMEMBER_TOKENS:
            self._verified.popitem(last=False)


def _key_id(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise NotAuthenticated("The access token cannot be read.") from None
    kid = header.get("kid")
    wrong_type = str(header.get("typ", "")).lower() != TOKEN_TYPE or header.get("alg") != ALGORITHM
    if wrong_type or not isinstance(kid, str) or _FORBIDDEN_HEADERS & header.keys():
        raise NotAuthenticated("This is not an access token of ours.")
    return kid


def _identity(claims: dict[str, Any]) -> Identity:
    subject, roles = claims["sub"], claims.get("roles", [])
    if not isinstance(subject, str) or not subject.isascii() or not subject.isdigit():
        raise NotAuthenticated("The access token names no user.")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise NotAuthenticated("The access token's roles cannot be read.")
    return Identity(user_id=int(subject), roles=frozenset(roles))
