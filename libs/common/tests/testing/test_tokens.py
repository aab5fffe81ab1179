"""Tokens for tests pass the product's own verification, and only theirs."""

from pathlib import Path

import pytest

from fairground_common.errors import NotAuthenticated
from fairground_common.testing import TokenMint
from fairground_common.web.keys import KeySource
from fairground_common.web.tokens import TokenVerifier


@pytest.fixture
def verifier(jwks_url: str, tmp_path: Path) -> TokenVerifier:
    return TokenVerifier(KeySource(jwks_url, tmp_path), issuer="fairground", audience="fairground")


async def test_a_minted_token_is_believed(token_mint: TokenMint, verifier: TokenVerifier) -> None:
    identity = await verifier.verify(token_mint.token(42, "operator"))
    assert identity.user_id == 42
    assert identity.roles == {"player", "operator"}


async def test_a_token_of_another_mint_is_refused(verifier: TokenVerifier) -> None:
    with pytest.raises(NotAuthenticated):
        await verifier.verify(TokenMint().token(42))


async def test_claims_can_be_spoilt(token_mint: TokenMint, verifier: TokenVerifier) -> None:
    for spoilt in ({"exp": 1}, {"iss": "somebody"}, {"jti": None}):
        with pytest.raises(NotAuthenticated):
            await verifier.verify(token_mint.token(42, **spoilt))


async def test_a_kept_key_set_serves_while_its_address_is_away(token_mint: TokenMint, tmp_path: Path) -> None:
    token_mint.keep_in(tmp_path)
    keys = KeySource("http://127.0.0.1:1/", tmp_path)
    verifier = TokenVerifier(keys, issuer="fairground", audience="fairground")
    assert (await verifier.verify(token_mint.token(42))).user_id == 42
