"""A new game is one module, one line in the registry and one row in feature_config; all else it gets.

The module is ``coin.py`` beside this test. The API that knows it is a process of its own, asked over HTTP.
"""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
import pytest_asyncio

from fairground_common.contracts import Envelope
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import TokenMint, eventually
from fairground_common.testing.processes import Program, surroundings
from fairground_games.games import GAMES, register

Ask = Callable[..., Awaitable[tuple[int, Any]]]

COIN = {
    "name": "Coin",
    "max_daily": 2,
    "HEADS": {"type": "POINT", "amount": 7},
    "TAILS": {"type": "NONE", "amount": 0},
}


@pytest.fixture
def program(games_database: ServiceDatabase, jwks_url: str, tmp_path: Path) -> Program:
    """Return the games API with a coin in it."""
    environ = surroundings(
        tmp_path,
        GAMES_DATABASE_URL=games_database.app_url,
        GAMES_SEED_KEY="s" * 32,
        JWKS_URL=jwks_url,
        PYTHONPATH=str(Path(__file__).parent),
    )
    return Program("coin", environ, "GAMES_PORT").on_a_free_port()


@pytest_asyncio.fixture
async def ask(program: Program, token_mint: TokenMint) -> AsyncIterator[Ask]:
    """Yield a function: who asks what → status and document, of the running API."""
    callers = {"player": token_mint.headers(1), "operator": token_mint.headers(900, "operator")}
    callers |= {"admin": token_mint.headers(901, "admin"), "anybody": {}}

    async with program.ready(), aiohttp.ClientSession(f"http://127.0.0.1:{program.port}") as session:

        async def asked(who: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
            sent = {**callers[who], **headers}
            async with session.request(method, path, json=body, headers=sent) as answer:
                return answer.status, await answer.json(content_type=None)

        yield asked


@pytest_asyncio.fixture
async def fair(ask: Ask, owner: asyncpg.Connection) -> Ask:
    """Return the caller of an API in which the coin is configured and today's game, as operators do it."""
    await owner.execute("INSERT INTO feature_config VALUES ('COIN', 'Coin flip', '/coin', true, now())")
    for step in (
        ("operator", "POST", "/api/admin/coin/configs", COIN),
        ("admin", "POST", "/api/admin/coin/configs/1/activate"),
        ("operator", "PUT", f"/api/admin/feature-schedule/{await today(owner)}", {"feature_type": "COIN"}),
    ):
        status, answer = await ask(*step)
        assert status < HTTPStatus.BAD_REQUEST, answer
    return ask


async def today(owner: asyncpg.Connection) -> str:
    return str(await owner.fetchval("SELECT (now() AT TIME ZONE 'Asia/Seoul')::date"))


async def test_the_coin_has_a_day_odds_and_a_public_configuration(fair: Ask) -> None:
    assert (await fair("anybody", "GET", "/api/today-feature"))[1]["feature_type"] == "COIN"
    _, odds = await fair("anybody", "GET", "/api/coin/odds")
    shown = [(each["key"], each["numerator"], each["denominator"], each["percent"]) for each in odds["outcomes"]]
    assert shown == [("HEADS", 1, 2, 50.0), ("TAILS", 1, 2, 50.0)]
    _, config = await fair("anybody", "GET", "/api/coin/configs/1")
    assert json.loads(config["canonical"]) == COIN


async def test_the_coin_is_played_within_its_limit_paid_and_remembered(fair: Ask, owner: asyncpg.Connection) -> None:
    plays = [(await fair("player", "POST", "/api/coin/play"))[1] for _ in range(2)]
    sides = [play["coin"]["side"] for play in plays]
    assert [play["fairness"]["nonce"] for play in plays] == [0, 1]
    status, refused = await fair("player", "POST", "/api/coin/play")
    assert (status, refused["code"]) == (429, "DAILY_LIMIT_REACHED")
    _, state = await fair("player", "GET", "/api/coin/status")
    assert (state["used_today"], state["playable"], state["reason"]) == (2, False, "daily_limit")
    _, rewards = await fair("player", "GET", "/api/rewards")
    assert rewards["balances"]["POINT"] == plays[-1]["balance"] == 7 * sides.count("HEADS")
    _, history = await fair("player", "GET", "/api/coin/history")
    assert [item.pop("created_at") is not None for item in history["items"]] == [True, True]
    assert history["items"] == plays[::-1]


async def test_a_repeated_key_gives_the_first_flip_again(fair: Ask) -> None:
    first, again = [await fair("player", "POST", "/api/coin/play", **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert first == again


async def test_a_flip_is_told_to_the_season_pass_and_to_the_log(fair: Ask, owner: asyncpg.Connection) -> None:
    _, play = await fair("player", "POST", "/api/coin/play")
    row = await owner.fetchrow("SELECT envelope FROM outbox WHERE type = 'games.play_settled.v1'")
    assert row is not None
    said = Envelope.model_validate_json(row["envelope"]).data.model_dump(mode="json")
    assert (said["feature_type"], said["outcome"], said["play_id"]) == ("COIN", play["coin"]["side"], play["play_id"])
    logged = await owner.fetchrow("SELECT user_id, action, feature_type FROM user_event_log")
    assert logged is not None
    assert tuple(logged) == (1, "PLAY", "COIN")


async def test_a_flip_can_be_computed_again_from_its_receipt(fair: Ask) -> None:
    _, play = await fair("player", "POST", "/api/coin/play")
    assert (await fair("player", "POST", "/api/fairness/rotate"))[0] == HTTPStatus.OK
    _, receipt = await fair("player", "GET", f"/api/fairness/receipts/{play['play_id']}")
    seed = bytes.fromhex(receipt["server_seed"])
    assert sha256(seed).hexdigest() == play["fairness"]["commitment"]
    message = f"fairground/1/coin:{receipt['client_seed']}:{receipt['nonce']}:0:0"
    word = int.from_bytes(hmac.digest(seed, message.encode(), "sha256")[:8], "big")
    assert receipt["outcome"] == {"side": ("HEADS", "TAILS")[word % 2]} == play["coin"]


async def test_operators_have_their_tools_for_the_coin(fair: Ask) -> None:
    _, difference = await fair("operator", "GET", "/api/admin/coin/configs/1/diff")
    assert difference["chances"][0]["after"]["percent"] == 50

    async def simulated() -> Any:
        status, found = await fair("operator", "POST", "/api/admin/coin/configs/1/simulate", {"plays": 100})
        return found if status == HTTPStatus.OK else None

    found = await eventually(simulated, within=60)
    assert found["per_play"][0]["mean"]["value"] == 3.5
    assert sum(each["hits"] for each in found["drawn"]["outcomes"]) == 100


async def test_the_switch_closes_the_coin(fair: Ask) -> None:
    off = {"title": "Coin flip", "page_path": "/coin", "is_enabled": False}
    assert (await fair("admin", "PUT", "/api/admin/features/COIN", off))[0] == HTTPStatus.OK
    _, refused = await fair("player", "POST", "/api/coin/play")
    assert (refused["code"], refused["reason"]) == ("NO_FEATURE_TODAY", "disabled")


def test_the_coin_is_one_short_module() -> None:
    module = Path(__file__).with_name("coin.py")
    assert len(module.read_text().splitlines()) <= 60


def test_no_two_games_share_a_name_or_a_feature_type() -> None:
    with pytest.raises(ValueError, match="roulette"):
        register(GAMES[0])
    assert [game.name for game in GAMES] == ["roulette", "dice", "lottery"]
