"""A request without a valid token is refused before any service hears of it."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fairground_common.testing import TokenMint
from fairground_gateway.testing import RawClient, RecordingService

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_shared_secret(header: dict[str, Any], payload: dict[str, Any], secret: bytes) -> str:
    signed = f"{encoded({**header, 'alg': 'HS256'})}.{encoded(payload)}"
    signature = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def bad_tokens(mint: TokenMint) -> dict[str, str]:
    """Return tokens that must not pass, by what is wrong with them."""
    good = mint.token(7)
    head, claims, signature = good.split(".")
    stranger = ec.generate_private_key(ec.SECP256R1())
    payload = jwt.decode(good, options={"verify_signature": False})
    public = json.dumps(mint.key_set()["keys"][0])
    header = {"alg": "ES256", "typ": "at+jwt", "kid": mint.kid}

    def signed(**headers: Any) -> str:
        return jwt.encode(payload, stranger, "ES256", headers={**header, **headers})

    return {
        "garbage": "garbage",
        "empty": "",
        "three dots": "...",
        "not base64": "ä.ö.ü",
        "alg none": f"{encoded({**header, 'alg': 'none'})}.{claims}.",
        "alg None": f"{encoded({**header, 'alg': 'None'})}.{claims}.{signature}",
        "HS256 with the public key": with_shared_secret(header, payload, public.encode()),
        "another key": signed(),
        "unknown kid": signed(kid="unknown"),
        "kid is no text": f"{encoded({**header, 'kid': 7})}.{claims}.{signature}",
        "jku": signed(jku="http://127.0.0.1:9/keys"),
        "jwk": signed(jwk={"kty": "EC"}),
        "crit": signed(crit=["x"]),
        "plain typ": signed(typ="JWT"),
        "changed claims": f"{head}.{encoded({**payload, 'sub': '8'})}.{signature}",
        "expired": mint.token(7, exp=int(time.time()) - 60),
        "not yet": mint.token(7, nbf=int(time.time()) + 600),
        "without exp": mint.token(7, exp=None),
        "without sub": mint.token(7, sub=None),
        "without jti": mint.token(7, jti=None),
        "wrong issuer": mint.token(7, iss="elsewhere"),
        "wrong audience": mint.token(7, aud="elsewhere"),
        "sub is no number": mint.token(7, sub="admin"),
        "9 KB": mint.token(7, padding="x" * 9000),
    }


@pytest.mark.parametrize("path", ["/api/roulette/status", "/api/today-feature", "/api/admin/games/audit"])
async def test_no_bad_token_reaches_a_service(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint, path: str
) -> None:
    for flaw, token in bad_tokens(token_mint).items():
        answer = await gateway.ask("GET", path, [("authorization", f"Bearer {token}")])
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), flaw
        assert answer.header("www-authenticate") == 'Bearer error="invalid_token"'
    assert not service.received


async def test_another_scheme_is_no_token(gateway: RawClient, service: RecordingService) -> None:
    answer = await gateway.ask("GET", "/api/roulette/status", [("authorization", "Basic YTpi")])
    assert answer.code == "UNAUTHENTICATED"
    assert not service.received


async def test_no_token_is_401_where_one_is_needed_and_fine_elsewhere(
    gateway: RawClient, service: RecordingService
) -> None:
    assert (await gateway.ask("POST", "/api/roulette/play")).code == "UNAUTHENTICATED"
    assert not service.received
    assert (await gateway.ask("GET", "/api/today-feature")).status == 200
    assert (await gateway.ask("GET", "/api/roulette/odds")).status == 200
    assert len(service.received) == 2


async def test_two_authorization_headers_are_400(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    twice = [("authorization", f"Bearer {token_mint.token(7)}")] * 2
    answer = await gateway.ask("GET", "/api/roulette/status", twice)
    assert (answer.status, answer.code) == (400, "AUTHORIZATION_REPEATED")
    assert not service.received


async def test_the_service_gets_exactly_the_verified_token(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    token = token_mint.token(7)
    answer = await gateway.ask("GET", "/api/roulette/status", [("Authorization", f"bearer  {token} ")])
    assert answer.status == 200
    assert service.received[0].values("authorization") == [f"Bearer {token}"]


async def test_a_public_route_looks_at_no_token_and_passes_none_on(
    gateway: RawClient, service: RecordingService
) -> None:
    answer = await gateway.ask("POST", "/api/auth/refresh", [("authorization", "Bearer expired-long-ago")])
    assert answer.status == 200
    assert service.received[0].values("authorization") == []


async def test_the_upload_needs_the_operators_role_before_a_byte_is_passed_on(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    path = "/api/admin/ranking/2026-11-22"
    player, operator = token_mint.token(7), token_mint.token(8, "operator")
    refused = await gateway.ask("PUT", path, [("authorization", f"Bearer {player}")], b"{}")
    assert (refused.status, refused.code) == (403, "FORBIDDEN")
    assert not service.received
    assert (await gateway.ask("PUT", path, [("authorization", f"Bearer {operator}")], b"{}")).status == 200


async def test_without_any_key_a_token_is_503_and_public_routes_work(
    run_gateway: RunGateway, service: RecordingService, token_mint: TokenMint, tmp_path: Path
) -> None:
    async with run_gateway(state_dir=tmp_path) as gateway:
        headers = [("authorization", f"Bearer {token_mint.token(7)}")]
        answer = await gateway.ask("GET", "/api/roulette/status", headers)
        assert (answer.status, answer.code) == (503, "AUTH_KEYS_UNAVAILABLE")
        assert answer.header("retry-after") == "2"
        assert not service.received
        assert (await gateway.ask("GET", "/api/roulette/odds")).status == 200


async def test_keys_are_fetched_from_the_pinned_address(
    run_gateway: RunGateway, service: RecordingService, token_mint: TokenMint, jwks_url: str, tmp_path: Path
) -> None:
    async with run_gateway(state_dir=tmp_path, jwks_url=jwks_url) as gateway:
        headers = [("authorization", f"Bearer {token_mint.token(7)}")]
        assert (await gateway.ask("GET", "/api/roulette/status", headers)).status == 200
    assert (tmp_path / "jwks.json").exists()
