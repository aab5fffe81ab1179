"""Who gets in, at a service's own door."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fairground_common.testing import AsgiClient, TokenMint


async def test_a_token_says_who_calls(player: AsgiClient) -> None:
    assert (await player.get("/me")).body == {"user_id": 7, "roles": ["player"]}


async def test_no_token_is_401_and_optional_where_the_route_says_so(anybody: AsgiClient) -> None:
    refused = await anybody.get("/me")
    assert (refused.status, refused.code) == (401, "UNAUTHENTICATED")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert (await anybody.get("/maybe")).body == {"user_id": None}


async def test_a_bad_token_is_refused_even_where_none_is_needed(anybody: AsgiClient) -> None:
    assert (await anybody.get("/maybe", headers={"authorization": "Bearer nonsense"})).status == 401


@pytest.mark.parametrize(
    ("roles", "operator", "admin"),
    [((), 403, 403), (("operator",), 200, 403), (("admin",), 200, 200)],
)
async def test_roles_open_their_doors(
    anybody: AsgiClient, token_mint: TokenMint, roles: tuple[str, ...], operator: int, admin: int
) -> None:
    caller = anybody.signed(token_mint.headers(7, *roles))
    assert (await caller.get("/operator")).status == operator
    assert (await caller.get("/admin")).status == admin


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": None},
        {"iss": "somebody"},
        {"aud": "something"},
        {"sub": "root"},
        {"sub": None},
        {"sub": "-1"},
        {"jti": None},
        {"iat": None},
        {"nbf": 1 << 40},
        {"roles": "admin"},
        {"roles": [1]},
    ],
    ids=str,
)
async def test_wrong_claims_are_refused(anybody: AsgiClient, token_mint: TokenMint, claims: dict[str, Any]) -> None:
    token = token_mint.token(7, **claims)
    assert (await anybody.get("/me", headers={"authorization": f"Bearer {token}"})).status == 401


def forged(mint: TokenMint, **changes: Any) -> str:
    good = jwt.decode(mint.token(7), options={"verify_signature": False})
    headers = {"kid": mint.kid, "typ": "at+jwt", **changes.pop("headers", {})}
    key = changes.pop("key", ec.generate_private_key(ec.SECP256R1()))
    return jwt.encode(good, key, changes.pop("algorithm", "ES256"), headers=headers)


async def test_forged_tokens_are_refused(anybody: AsgiClient, token_mint: TokenMint) -> None:
    tokens = {
        "another key": forged(token_mint),
        "no algorithm": forged(token_mint, key=None, algorithm="none"),
        "a shared secret": forged(token_mint, key="x" * 64, algorithm="HS256"),
        "another kid": forged(token_mint, headers={"kid": "unknown"}),
        "another type": forged(token_mint, headers={"typ": "JWT"}),
        "a key of its own": forged(token_mint, headers={"jwk": {"kty": "EC"}}),
        "too long": "a" * 9000,
    }
    for name, token in tokens.items():
        answer = await anybody.get("/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status == 401, name


async def test_identity_headers_mean_nothing(anybody: AsgiClient) -> None:
    spoofed = {"x-user-id": "1", "x-user-role": "admin", "x-forwarded-user": "1", "x_user_id": "1"}
    assert (await anybody.get("/me", headers=spoofed)).status == 401


async def test_the_client_address_is_believed_only_beside_the_gateway_key(anybody: AsgiClient) -> None:
    told = {"x-fairground-client-ip": "203.0.113.9"}
    proven = told | {"x-fairground-gateway-key": "gateway-key-of-tests"}
    assert (await anybody.get("/ip", headers=told)).body == "127.0.0.1"
    assert (await anybody.get("/ip", headers=told | {"x-fairground-gateway-key": "guessed"})).body == "127.0.0.1"
    assert (await anybody.get("/ip", headers=proven)).body == "203.0.113.9"
