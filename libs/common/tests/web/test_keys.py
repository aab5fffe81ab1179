"""The key set: asked for sparingly, kept on disk, never emptied by a failure."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from fairground_common.errors import AuthKeysUnavailable
from fairground_common.testing import TokenMint, eventually
from fairground_common.web import keys as keys_module
from fairground_common.web.keys import KeySource


class Address:
    """A JWKS address that counts who asks and can be told to fail."""

    def __init__(self, mint: TokenMint) -> None:
        self.asked = 0
        self.broken = False
        self.headers: dict[str, str] = {}
        self._mint = mint
        self.url = ""

    async def answer(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return (
            web.Response(status=500) if self.broken else web.json_response(self._mint.key_set(), headers=self.headers)
        )


@pytest.fixture
async def address(token_mint: TokenMint) -> AsyncIterator[Address]:
    address = Address(token_mint)
    app = web.Application()
    app.router.add_get("/jwks", address.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    yield address
    await runner.cleanup()


async def test_a_known_key_is_fetched_once(address: Address, token_mint: TokenMint, tmp_path: Path) -> None:
    keys = KeySource(address.url, tmp_path)
    for _ in range(3):
        assert await keys.key(token_mint.kid) is not None
    assert address.asked == 1


async def test_a_set_is_kept_no_longer_than_its_address_says(
    address: Address, token_mint: TokenMint, tmp_path: Path
) -> None:
    address.headers["cache-control"] = "public, max-age=1"
    keys = KeySource(address.url, tmp_path)

    async def asked_again() -> bool:
        assert await keys.key(token_mint.kid) is not None
        return address.asked > 1

    assert not await asked_again()
    assert await eventually(asked_again)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("", 300),
        ("no-store", 300),
        ("public, max-age=60", 60),
        ("max-age=0", 1),
        ("max-age=86400", 300),
        ("max-age=x", 300),
        ("s-maxage=5", 300),
    ],
)
def test_for_how_long_a_set_is_kept(told: str, seconds: float) -> None:
    assert keys_module._fresh_seconds(told) == seconds


async def test_callers_at_the_same_moment_share_the_first_fetch(
    address: Address, token_mint: TokenMint, tmp_path: Path
) -> None:
    keys = KeySource(address.url, tmp_path)
    found = await asyncio.gather(*(keys.key(token_mint.kid) for _ in range(50)))
    assert all(key is not None for key in found)
    assert address.asked == 1


async def test_a_flood_of_unknown_keys_is_one_fetch(address: Address, tmp_path: Path) -> None:
    keys = KeySource(address.url, tmp_path)
    assert [await keys.key(f"unknown-{i}") for i in range(1000)] == [None] * 1000
    assert address.asked == 1


async def test_the_last_good_set_outlives_its_address(address: Address, token_mint: TokenMint, tmp_path: Path) -> None:
    await KeySource(address.url, tmp_path).fetch()
    address.broken = True
    restarted = KeySource(address.url, tmp_path)
    assert restarted.known
    assert await restarted.key(token_mint.kid) is not None


async def test_without_any_key_the_answer_is_to_come_back(address: Address, tmp_path: Path) -> None:
    address.broken = True
    with pytest.raises(AuthKeysUnavailable):
        await KeySource(address.url, tmp_path).key("any")


@pytest.mark.parametrize("text", ["", "{", json.dumps({"keys": [{"kid": "a", "alg": "ES256"}]}), json.dumps([])])
async def test_a_broken_kept_set_is_no_obstacle(
    address: Address, token_mint: TokenMint, tmp_path: Path, text: str
) -> None:
    (tmp_path / "jwks.json").write_text(text)
    assert await KeySource(address.url, tmp_path).key(token_mint.kid) is not None


async def test_readiness_learns_of_missing_keys_without_asking_for_them(address: Address, tmp_path: Path) -> None:
    keys = KeySource(address.url, tmp_path)
    with pytest.raises(AuthKeysUnavailable):
        await keys.require_any()
    assert address.asked == 0
    await keys.fetch()
    await keys.require_any()
    assert address.asked == 1


async def test_the_first_set_is_asked_for_until_it_is_there_and_then_no_more(address: Address, tmp_path: Path) -> None:
    address.broken = True
    keys = KeySource(address.url, tmp_path)
    fetching = asyncio.create_task(keys.fetch_first())
    await eventually(lambda: address.asked >= 2)
    assert not keys.known
    address.broken = False
    await fetching
    await keys.require_any()
    await KeySource(address.url, tmp_path).fetch_first()
    asked = address.asked
    await keys.fetch_first()
    assert address.asked == asked


async def test_a_look_up_that_hangs_is_not_begun_again_with_every_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0
    answered = asyncio.Event()

    async def hang(*_: object) -> list[object]:
        nonlocal begun
        begun += 1
        await answered.wait()
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", hang)
    monkeypatch.setattr(keys_module, "FETCH_SECONDS", 0.05)
    keys = KeySource("http://nowhere.invalid/jwks", tmp_path)
    for _ in range(3):
        await keys.fetch()
    assert begun == 1
    assert not keys.known
    answered.set()
