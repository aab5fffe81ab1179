"""Operators at the same time, and hands that reach the database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_common.testing import Answer, AsgiClient, TokenMint, insist
from fairground_games.app import create_app
from fairground_games.settings import GamesSettings

Config = Callable[..., dict[str, Any]]
Post = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Activate = Callable[..., Awaitable[Answer]]

DRAFTS = "/api/admin/lottery/configs"


@pytest_asyncio.fixture
async def other_process(settings: GamesSettings, token_mint: TokenMint) -> AsyncIterator[AsgiClient]:
    """Yield an admin of a second API process on the same database."""
    async with AsgiClient.running(create_app(settings)) as client:
        yield client.signed(token_mint.headers(902, "admin"))


async def test_activations_at_once_leave_one_active_version(
    owner: asyncpg.Connection,
    admin: AsgiClient,
    other_process: AsgiClient,
    post: Post,
    roulette_config: Config,
) -> None:
    for _ in range(8):
        await post("roulette", roulette_config())
    clients = (admin, other_process)
    paths = [f"/api/admin/roulette/configs/{version}/activate" for version in range(1, 9)]
    answers = await asyncio.gather(*(insist(clients[i % 2].post, path) for i, path in enumerate(paths)))
    assert [answer.status for answer in answers] == [200] * 8
    states = Counter(row["state"] for row in await owner.fetch("SELECT state FROM game_config"))
    assert states == {"ACTIVE": 1, "RETIRED": 7}
    last = await owner.fetchval("SELECT version FROM game_activation ORDER BY id DESC LIMIT 1")
    assert await owner.fetchval("SELECT version FROM game_config WHERE state = 'ACTIVE'") == last


async def test_drafts_posted_at_once_get_numbers_without_a_gap(
    admin: AsgiClient, other_process: AsgiClient, lottery_config: Config
) -> None:
    configs = [lottery_config(stock=None) for _ in range(8)]
    answers = await asyncio.gather(
        *(insist((admin, other_process)[i % 2].post, DRAFTS, body=c) for i, c in enumerate(configs))
    )
    assert sorted(answer.body["version"] for answer in answers) == list(range(1, 9))


async def test_one_of_two_opening_stocks_wins_and_the_other_is_told(
    admin: AsgiClient, other_process: AsgiClient, lottery_config: Config
) -> None:
    answers = await asyncio.gather(
        *(
            insist(client.post, DRAFTS, body=lottery_config(stock=stock))
            for client, stock in ((admin, 3), (other_process, 4))
        )
    )
    assert sorted(answer.status for answer in answers) == [201, 422]
    stocks = (await admin.get("/api/admin/lottery/prizes")).body["items"]
    assert stocks[0]["left"] == (3 if answers[0].status == 201 else 4)


async def test_no_two_versions_of_a_game_can_be_active(
    owner: asyncpg.Connection, post: Post, roulette_config: Config
) -> None:
    for _ in range(2):
        await post("roulette", roulette_config())
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute("UPDATE game_config SET state = 'ACTIVE'")


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE game_outcome SET weight = weight + 1 WHERE key = '5'",
        "UPDATE game_outcome SET reward_amount = 1000 WHERE key = '1'",
        "UPDATE game_outcome SET reward_type = 'ITEM' WHERE key = '1'",
        "UPDATE game_outcome SET label = 'other' WHERE key = '0'",
        "UPDATE game_outcome SET position = 9 WHERE key = '0'",
        "UPDATE game_outcome SET weight = 0",
        "DELETE FROM game_outcome WHERE key = '3'",
        "DELETE FROM game_outcome",
        "UPDATE game_config SET max_daily = 9",
        "UPDATE game_config SET canonical = replace(canonical, '10', '11')",
        "UPDATE game_config SET sha256 = repeat('0', 64)",
    ],
)
async def test_a_version_broken_by_hand_cannot_become_active(
    owner: asyncpg.Connection, post: Post, activate: Activate, roulette_config: Config, by_hand: str
) -> None:
    await post("roulette", roulette_config())
    await owner.execute(by_hand)
    answer = await activate("roulette", 1)
    assert (answer.status, answer.code) == (409, "INVALID_ROULETTE_CONFIG")
    assert await owner.fetchval("SELECT count(*) FROM game_config WHERE state = 'ACTIVE'") == 0


@pytest.mark.parametrize(
    ("game", "by_hand", "code"),
    [
        ("dice", "DELETE FROM game_outcome WHERE key = 'DRAW'", "INVALID_DICE_CONFIG"),
        ("lottery", "UPDATE game_outcome SET is_active = false", "INVALID_LOTTERY_CONFIG"),
    ],
)
async def test_every_game_refuses_what_hands_have_broken(
    owner: asyncpg.Connection,
    anybody: AsgiClient,
    post: Post,
    activate: Activate,
    dice_config: Config,
    lottery_config: Config,
    game: str,
    by_hand: str,
    code: str,
) -> None:
    await post(game, {"dice": dice_config, "lottery": lottery_config}[game]())
    await activate(game, 1)
    await owner.execute(by_hand)
    assert (await anybody.get(f"/api/{game}/odds")).code == code
    assert (await activate(game, 1)).code == code
