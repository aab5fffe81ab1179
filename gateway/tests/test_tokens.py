"""A request without a valid token is refused before any service hears of it."""

import asyncio
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from fairground_common.testing import TokenMint, eventually
from fairground_common.web import keys
from fairground_gateway.testing import RawClient, RecordingService, answering

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_shared_secret(header: dict[str, Any], payload: dict[str, Any], secret: bytes) -> str:
    signed = f"{encoded({**header, 'alg': 'HS256'})}.{encoded(payload)}"
    signature = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def bad_tokens(mint: TokenMint) -> dict[str, str]:
    """Return tokens that must not pass, by what is wrong with them (ASVS 5.0 9.1.1 to 9.2.4)."""
    return {**unreadable(mint), **badly_signed(mint), **saying_the_wrong_thing(mint)}


def unreadable(mint: TokenMint) -> dict[str, str]:
    head, claims, signature = mint.token(7).split(".")
    return {
        "garbage": "garbage",
        "empty": "",
        "three dots": "...",
        "not base64": "ä.ö.ü",
        "a refresh token": token_urlsafe(32),
        "no signature": f"{head}.{claims}.",
        "two parts": f"{head}.{claims}",
        "five parts": f"{head}.{claims}.{signature}.{claims}.{signature}",
        "two tokens": f"{head}.{claims}.{signature} {head}.{claims}.{signature}",
        "a list for claims": f"{head}.{encoded([7])}.{signature}",
        "a text for a header": f"{encoded('ES256')}.{claims}.{signature}",
    }


def badly_signed(mint: TokenMint) -> dict[str, str]:
    good = mint.token(7)
    head, claims, signature = good.split(".")
    payload = jwt.decode(good, options={"verify_signature": False})
    [public] = mint.key_set()["keys"]
    header = {"alg": "ES256", "typ": "at+jwt", "kid": mint.kid}
    stranger = ec.generate_private_key(ec.SECP256R1())

    def signed(**headers: Any) -> str:
        return jwt.encode(payload, stranger, "ES256", headers={**header, **headers})

    return {
        "alg none": f"{encoded({**header, 'alg': 'none'})}.{claims}.",
        "alg None": f"{encoded({**header, 'alg': 'None'})}.{claims}.{signature}",
        "alg in small letters": f"{encoded({**header, 'alg': 'es256'})}.{claims}.{signature}",
        "no alg": f"{encoded({'typ': 'at+jwt', 'kid': mint.kid})}.{claims}.{signature}",
        "HS256 with the public key": with_shared_secret(header, payload, json.dumps(public).encode()),
        "HS256 with a coordinate": with_shared_secret(header, payload, public["x"].encode()),
        "RS256": jwt.encode(
            payload, rsa.generate_private_key(65537, 2048), "RS256", headers={**header, "alg": "RS256"}
        ),
        "a signature of nothing": f"{head}.{claims}.{urlsafe_b64encode(bytes(64)).rstrip(b'=').decode()}",
        "the signature of another token": f"{head}.{claims}.{mint.token(7).split('.')[2]}",
        "changed claims": f"{head}.{encoded({**payload, 'sub': '8'})}.{signature}",
        "another key": signed(),
        "unknown kid": signed(kid="unknown"),
        "a path for a kid": signed(kid="../../../../dev/null"),
        "kid is no text": f"{encoded({**header, 'kid': 7})}.{claims}.{signature}",
        "no kid": f"{encoded({'alg': 'ES256', 'typ': 'at+jwt'})}.{claims}.{signature}",
        "jku": signed(jku="http://127.0.0.1:9/keys"),
        "jwk": signed(jwk={"kty": "EC"}),
        "x5u": signed(x5u="http://127.0.0.1:9/chain"),
        "x5c": signed(x5c=["MII"]),
        "crit": signed(crit=["x"]),
        "plain typ": signed(typ="JWT"),
    }


def saying_the_wrong_thing(mint: TokenMint) -> dict[str, str]:
    now = int(time.time())
    return {
        "expired": mint.token(7, exp=now - 60),
        "not yet": mint.token(7, nbf=now + 600),
        "issued in the future": mint.token(7, iat=now + 600),
        "exp is no number": mint.token(7, exp="tomorrow"),
        "without exp": mint.token(7, exp=None),
        "without iat": mint.token(7, iat=None),
        "without sub": mint.token(7, sub=None),
        "without jti": mint.token(7, jti=None),
        "without issuer": mint.token(7, iss=None),
        "without audience": mint.token(7, aud=None),
        "wrong issuer": mint.token(7, iss="elsewhere"),
        "wrong audience": mint.token(7, aud="elsewhere"),
        "sub is a name": mint.token(7, sub="admin"),
        "sub is empty": mint.token(7, sub=""),
        "sub is negative": mint.token(7, sub="-7"),
        "sub in other digits": mint.token(7, sub="\u0667"),
        "roles are a text": mint.token(7, roles="admin"),
        "a role is no text": mint.token(7, roles=[["admin"]]),
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


async def test_a_flood_of_unknown_keys_asks_auth_once(
    run_gateway: RunGateway, service: RecordingService, token_mint: TokenMint, tmp_path: Path
) -> None:
    key_set = answering(body=json.dumps(token_mint.key_set()).encode())
    service.usually = key_set
    stranger = ec.generate_private_key(ec.SECP256R1())
    good = [("authorization", f"Bearer {token_mint.token(7)}")]
    async with run_gateway(state_dir=tmp_path, jwks_url=f"{service.url}/jwks.json") as gateway:
        await eventually(lambda: asked(service))
        floods = [
            [
                (
                    "authorization",
                    f"Bearer {jwt.encode({'sub': '7'}, stranger, 'ES256', {'kid': f'k{n}', 'typ': 'at+jwt'})}",
                )
            ]
            for n in range(500)
        ]
        answers = await asyncio.gather(*(gateway.ask("GET", "/api/dice/status", flood) for flood in floods))
        assert {answer.status for answer in answers} == {401}
        assert (await gateway.ask("GET", "/api/dice/status", good)).status == 200
    assert asked(service) == 1


def asked(service: RecordingService) -> int:
    """Return how often the key set was asked for."""
    return sum(received.target == "/jwks.json" for received in service.received)


async def test_known_keys_go_on_while_auth_is_away_and_a_new_one_is_found_when_it_is_back(
    run_gateway: RunGateway,
    service: RecordingService,
    token_mint: TokenMint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "COOLDOWN_SECONDS", 0.0)
    successor = TokenMint()
    old, new = ([("authorization", f"Bearer {mint.token(7)}")] for mint in (token_mint, successor))
    token_mint.keep_in(tmp_path)
    service.usually = answering(503, body=b"{}")
    async with run_gateway(state_dir=tmp_path, jwks_url=f"{service.url}/jwks.json") as gateway:
        statuses = [(await gateway.ask("GET", "/api/dice/status", old)).status for _ in range(20)]
        assert set(statuses) == {503}  # the service's own: the token was good
        assert (await gateway.ask("GET", "/api/dice/status", new)).status == 401
        both = token_mint.key_set()["keys"] + successor.key_set()["keys"]
        service.usually = answering(body=json.dumps({"keys": both}).encode())
        for headers in (new, old):
            assert (await gateway.ask("GET", "/api/dice/status", headers)).status == 200


async def test_a_retired_key_opens_nothing_once_the_set_is_fetched(
    run_gateway: RunGateway,
    service: RecordingService,
    token_mint: TokenMint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even for a token that was verified a moment ago."""
    monkeypatch.setattr(keys, "COOLDOWN_SECONDS", 0.0)
    successor = TokenMint()
    old, new = ([("authorization", f"Bearer {mint.token(7)}")] for mint in (token_mint, successor))
    service.usually = answering(body=json.dumps(token_mint.key_set()).encode())
    async with run_gateway(state_dir=tmp_path, jwks_url=f"{service.url}/jwks.json") as gateway:
        assert (await gateway.ask("GET", "/api/dice/status", old)).status == 200
        service.usually = answering(body=json.dumps(successor.key_set()).encode())
        assert (await gateway.ask("GET", "/api/dice/status", new)).status == 200
        assert (await gateway.ask("GET", "/api/dice/status", old)).status == 401
