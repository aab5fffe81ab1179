"""Who is calling, as part of a route's signature.

There is no identity header: every service verifies the access token itself, whether the gateway did or not.
"""

import hmac
from typing import Annotated

from fastapi import Depends, Request

from fairground_common.errors import AuthKeysUnavailable, AuthorizationRepeated, NotAuthenticated, RoleMissing
from fairground_common.web.tokens import ADMIN, OPERATOR, PLAYER, Identity, TokenVerifier

_BEARER = "bearer "
_TOKEN_REFUSALS = (AuthorizationRepeated, NotAuthenticated, AuthKeysUnavailable)


def bearer_token(request: Request) -> str | None:
    """Return the request's token, None without an Authorization header."""
    values = request.headers.getlist("authorization")
    if not values:
        return None
    if len(values) > 1:
        raise AuthorizationRepeated
    if not values[0].lower().startswith(_BEARER):
        raise NotAuthenticated("The Authorization header carries no bearer token.")
    return values[0][len(_BEARER) :].strip()


class Caller:
    """Dependency of a route: who calls. It stands first in a signature, so that nothing is said to a stranger."""

    def __init__(self, role: str | None) -> None:
        """Ask for ``role``; None asks for nobody, but refuses a bad token all the same."""
        self.role = role
        self.refusals = (*_TOKEN_REFUSALS, RoleMissing) if role in {OPERATOR, ADMIN} else _TOKEN_REFUSALS

    async def __call__(self, request: Request) -> Identity | None:
        identity = await _identity_of(request)
        if self.role is None:
            return identity
        if identity is None:
            raise NotAuthenticated
        if not identity.may(self.role):
            raise RoleMissing(f"The role {self.role} is needed.")
        return identity


async def _identity_of(request: Request) -> Identity | None:
    token = bearer_token(request)
    if token is None:
        return None
    verifier: TokenVerifier = request.app.state.verifier
    return verifier.remembered(token) or await verifier.verify(token)


async def client_ip(request: Request) -> str:
    """Return the caller's address: as the gateway saw it when the gateway proves itself, else the peer's."""
    key: str = request.app.state.gateway_key
    told = request.headers.get("x-fairground-client-ip")
    proof = request.headers.get("x-fairground-gateway-key", "")
    if told is not None and hmac.compare_digest(proof.encode(), key.encode()):
        return told
    return request.client.host if request.client else ""


CurrentPlayer = Annotated[Identity, Depends(Caller(PLAYER))]
OptionalPlayer = Annotated[Identity | None, Depends(Caller(None))]
Operator = Annotated[Identity, Depends(Caller(OPERATOR))]
Admin = Annotated[Identity, Depends(Caller(ADMIN))]
ClientIp = Annotated[str, Depends(client_ip)]
