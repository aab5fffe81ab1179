"""A player as operators look one up."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import AsgiClient, TokenMint

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]
Schedule = Callable[[str], Awaitable[None]]

PATH = "/api/admin/games/players"


async def test_a_player_who_never_played_has_an_empty_view_and_a_commitment(
    operator: AsgiClient, player: AsgiClient, owner: asyncpg.Connection
) -> None:
    view = (await operator.get(f"{PATH}/1")).body
    assert (view["user_id"], view["games"], view["last_plays"]) == (1, [], [])
    assert view["rewards"] == (await player.get("/api/rewards")).body
    assert view["fairness"] == (await player.get("/api/fairness")).body
    assert await owner.fetchval("SELECT count(*) FROM player") == 0


async def test_an_operator_sees_plays_of_every_game_balances_what_is_owed_and_no_secret(
    operator: AsgiClient,
    player: AsgiClient,
    anybody: AsgiClient,
    token_mint: TokenMint,
    store_version: StoreVersion,
    schedule: Schedule,
    roulette_config: Config,
    lottery_config: Config,
) -> None:
    config = lottery_config(stock=None)
    config["prizes"].pop()
    await store_version("lottery", config)
    await store_version("roulette", roulette_config())
    other = anybody.signed(token_mint.headers(2))
    played: list[dict[str, Any]] = []
    for game in ("roulette", "lottery", "lottery"):
        await schedule(game.upper())
        played.append((await player.post(f"/api/{game}/play")).body)
        assert (await other.post(f"/api/{game}/play")).status == 200
    view = (await operator.get(f"{PATH}/1")).body
    assert [(each["game"], each["plays"]) for each in view["games"]] == [("lottery", 2), ("roulette", 1)]
    assert [each["play_id"] for each in view["last_plays"]] == [play["play_id"] for play in played[::-1]]
    assert [(each["game"], each["nonce"]) for each in view["last_plays"]] == [
        ("lottery", 2),
        ("lottery", 1),
        ("roulette", 0),
    ]
    assert view["last_plays"][0]["outcome"] == {"key": "gold"}
    assert view["last_plays"][2]["reward"] == played[0]["reward"]
    assert view["rewards"]["balances"] == {"POINT": played[-1]["balance"]}
    assert view["rewards"]["pending_total"] == 2
    assert view["fairness"] == (await player.get("/api/fairness")).body
    assert "server_seed" not in str(view)


@pytest.mark.parametrize("user_id", ["0", "-1", str(2**63), "someone"])
async def test_an_id_that_cannot_be_is_refused(operator: AsgiClient, user_id: str) -> None:
    assert (await operator.get(f"{PATH}/{user_id}")).code == "VALIDATION_FAILED"


async def test_only_operators_look_players_up(anybody: AsgiClient, player: AsgiClient) -> None:
    codes = [(await caller.get(f"{PATH}/1")).code for caller in (anybody, player)]
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN"]
