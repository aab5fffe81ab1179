"""Who is calling, as part of a route's signature.

There is no identity header: every service verifies the access token itself, whether the gateway did or not.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fairground_common.errors import BadRequest, NotAuthenticated, RoleMissing
from fairground_common.web.tokens import ADMIN, OPERATOR, Identity, TokenVerifier

_BEARER = "bearer "
Documented = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, scheme_name="bearer", bearerFormat="JWT")),
]
"""Names the token in OpenAPI; the value itself is read by ``bearer_token``, which refuses doubled headers."""


class AuthorizationRepeated(BadRequest):
    """There is more than one Authorization header."""

    code = "AUTHORIZATION_REPEATED"
    advice = "Send exactly one Authorization header."


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


async def optional_player(request: Request, _documented: Documented = None) -> Identity | None:
    """Return who calls; None without a token. A bad token is refused."""
    token = bearer_token(request)
    if token is None:
        return None
    verifier: TokenVerifier = request.app.state.verifier
    return verifier.remembered(token) or await verifier.verify(token)


async def current_player(request: Request, _documented: Documented = None) -> Identity:
    """Return who calls; no token is refused."""
    identity = await optional_player(request)
    if identity is None:
        raise NotAuthenticated
    return identity


def _with_role(role: str) -> Callable[[Request], Awaitable[Identity]]:
    async def with_role(request: Request, _documented: Documented = None) -> Identity:
        identity = await current_player(request)
        if not identity.may(role):
            raise RoleMissing(f"The role {role} is needed.")
        return identity

    return with_role


async def client_ip(request: Request) -> str:
    """Return the caller's address: as the gateway saw it when the gateway proves itself, else the peer's."""
    key: str = request.app.state.gateway_key
    told = request.headers.get("x-fairground-client-ip")
    proof = request.headers.get("x-fairground-gateway-key", "")
    if told is not None and hmac.compare_digest(proof.encode(), key.encode()):
        return told
    return request.client.host if request.client else ""


CurrentPlayer = Annotated[Identity, Depends(current_player)]
OptionalPlayer = Annotated[Identity | None, Depends(optional_player)]
Operator = Annotated[Identity, Depends(_with_role(OPERATOR))]
Admin = Annotated[Identity, Depends(_with_role(ADMIN))]
ClientIp = Annotated[str, Depends(client_ip)]
