"""Receipts: complete, private, and enough to compute a play again without any of our code."""

import hashlib
import hmac
import json
from typing import Any

import asyncpg
import pytest

from fairground_common.ids import new_id
from fairground_common.testing import AsgiClient

pytestmark = pytest.mark.usefixtures("games")

ALWAYS = {
    "play_id", "game", "day", "created_at", "config_version", "config_sha256", "commitment", "client_seed",
    "client_seed_source", "nonce", "outcome", "reward", "config",
}  # fmt: skip


async def played(client: AsgiClient, game: str) -> dict[str, Any]:
    answer = await client.post(f"/api/{game}/play")
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body
    return body


async def receipt_of(client: AsgiClient, play: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"/api/fairness/receipts/{play['play_id']}")
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body
    return body


def value(receipt: dict[str, Any], draw: int, width: int) -> int:
    """Draw as the published rules say; nothing of the service's code is used."""
    seed, usable, block = bytes.fromhex(receipt["server_seed"]), 2**64 - 2**64 % width, 0
    while True:
        text = f"fairground/1/{receipt['game']}:{receipt['client_seed']}:{receipt['nonce']}:{draw}:{block}"
        digest = hmac.new(seed, text.encode(), hashlib.sha256).digest()
        for start in (0, 8, 16, 24):
            word = int.from_bytes(digest[start : start + 8], "big")
            if word < usable:
                return word % width
        block += 1


def chosen(value: int, weights: dict[Any, int]) -> Any:
    for key, weight in weights.items():
        if value < weight:
            return key
        value -= weight
    raise AssertionError


def recomputed(receipt: dict[str, Any]) -> dict[str, Any]:
    """Return the outcome that seeds, nonce and configuration give."""
    config = json.loads(receipt["config"])
    if receipt["game"] == "roulette":
        weights = {segment["slot_index"]: segment["weight"] for segment in config["segments"]}
        return {"slot_index": chosen(value(receipt, 0, sum(weights.values())), weights)}
    if receipt["game"] == "dice":
        faces = [value(receipt, draw, 6) + 1 for draw in range(4)]
        mine, theirs = sum(faces[:2]), sum(faces[2:])
        result = "DRAW" if mine == theirs else "WIN" if mine > theirs else "LOSE"
        return {"user_dice": faces[:2], "dealer_dice": faces[2:], "outcome": result}
    weights = {prize["key"]: prize["weight"] for prize in config["prizes"] if prize["is_active"]}
    for attempt in receipt["attempts"]:
        eligible = {key: weights[key] for key in attempt["eligible"]}
        hit = chosen(value(receipt, attempt["draw"], sum(eligible.values())), eligible)
        assert hit == attempt["hit"]
    return {"key": receipt["attempts"][-1]["hit"]}


@pytest.mark.parametrize("game", ["roulette", "dice", "lottery"])
async def test_a_receipt_recomputes_once_its_seed_is_revealed(gambler: AsgiClient, game: str) -> None:
    plays = [await played(gambler, game) for _ in range(8)]
    await gambler.post("/api/fairness/rotate", body={"client_seed": "other"})
    for play in plays:
        receipt = await receipt_of(gambler, play)
        assert hashlib.sha256(bytes.fromhex(receipt["server_seed"])).hexdigest() == receipt["commitment"]
        assert hashlib.sha256(receipt["config"].encode()).hexdigest() == receipt["config_sha256"]
        assert recomputed(receipt) == receipt["outcome"]
        assert receipt["client_seed"] == "player-1"


@pytest.mark.parametrize(("game", "more"), [("roulette", set()), ("dice", set()), ("lottery", {"attempts"})])
async def test_a_receipt_has_the_published_names_and_no_seed_before_the_reveal(
    gambler: AsgiClient, game: str, more: set[str]
) -> None:
    play = await played(gambler, game)
    receipt = await receipt_of(gambler, play)
    assert receipt.keys() - {"unit"} == ALWAYS | more
    assert (receipt["game"], receipt["day"], receipt["config_version"]) == (game, play["day"], 1)
    assert (receipt["reward"], receipt["nonce"]) == (play["reward"], play["fairness"]["nonce"])
    assert (receipt["commitment"], receipt["client_seed_source"]) == (play["fairness"]["commitment"], "default")


async def test_a_players_own_client_seed_stands_on_the_receipt(gambler: AsgiClient) -> None:
    await gambler.post("/api/fairness/rotate", body={"client_seed": "mine"})
    receipt = await receipt_of(gambler, await played(gambler, "dice"))
    assert (receipt["client_seed"], receipt["client_seed_source"], receipt["nonce"]) == ("mine", "player", 0)
    assert "server_seed" not in receipt


async def test_a_lottery_receipt_shows_what_was_eligible_and_the_unit_that_was_won(gambler: AsgiClient) -> None:
    """The prize of no units is never eligible; that of one unit is, until it is won."""
    receipts = [await receipt_of(gambler, await played(gambler, "lottery")) for _ in range(40)]
    winners = [index for index, receipt in enumerate(receipts) if receipt["outcome"] == {"key": "single"}]
    assert len(winners) == 1, "a prize of weight 30 in 50 is won within 40 plays of these seeds, and only once"
    won = winners[0]
    assert receipts[won]["unit"] == 1
    assert all("unit" not in receipt for receipt in receipts[:won] + receipts[won + 1 :])
    assert all(receipt["attempts"][0]["eligible"] == ["single", "tin", "air"] for receipt in receipts[: won + 1])
    assert all(receipt["attempts"][0]["eligible"] == ["tin", "air"] for receipt in receipts[won + 1 :])


async def test_a_receipt_of_several_attempts_recomputes(gambler: AsgiClient, owner: asyncpg.Connection) -> None:
    """A row written as the settlement writes it when a prize turns out to be gone at the second draw."""
    play = await played(gambler, "lottery")
    await gambler.post("/api/fairness/rotate")
    receipt = await receipt_of(gambler, play)
    weights = {"single": 30, "tin": 15, "air": 5}
    first = chosen(value(receipt, 0, 50), weights)
    left = {key: weight for key, weight in weights.items() if key != first}
    second = chosen(value(receipt, 1, sum(left.values())), left)
    places = ["gone", "single", "tin", "air"]
    attempts = {"out": "1", "hits": [places.index(first), places.index(second)]}
    await owner.execute(
        "UPDATE play SET outcome = $1, receipt = jsonb_set(receipt, '{attempts}', $2)",
        json.dumps({"key": second}),
        json.dumps(attempts),
    )
    shown = await receipt_of(gambler, play)
    assert shown["attempts"] == [
        {"draw": 0, "eligible": ["single", "tin", "air"], "hit": first},
        {"draw": 1, "eligible": list(left), "hit": second},
    ]
    assert recomputed(shown) == {"key": second}


async def test_a_receipt_is_its_players_own(gambler: AsgiClient, stranger: AsgiClient, arcade: AsgiClient) -> None:
    path = f"/api/fairness/receipts/{(await played(gambler, 'dice'))['play_id']}"
    assert (await stranger.get(path)).code == "PLAY_NOT_FOUND"
    assert (await arcade.get(path)).code == "UNAUTHENTICATED"


async def test_an_unknown_play_has_no_receipt(gambler: AsgiClient) -> None:
    assert (await gambler.get(f"/api/fairness/receipts/{new_id()}")).code == "PLAY_NOT_FOUND"
    assert (await gambler.get("/api/fairness/receipts/x")).code == "VALIDATION_FAILED"


async def test_a_receipt_shows_the_version_it_was_drawn_from_after_the_next_activation(
    gambler: AsgiClient, store_version: Any, roulette_config: Any
) -> None:
    play = await played(gambler, "roulette")
    before = await receipt_of(gambler, play)
    await store_version("roulette", roulette_config(name="Other wheel"))
    assert await receipt_of(gambler, play) == before


@pytest.mark.parametrize("game", ["roulette", "dice", "lottery"])
async def test_what_is_stored_of_a_receipt_is_small(gambler: AsgiClient, owner: asyncpg.Connection, game: str) -> None:
    await gambler.post("/api/fairness/rotate", body={"client_seed": "x" * 64})
    await played(gambler, game)
    assert await owner.fetchval("SELECT max(length(receipt::text)) FROM play") <= 600
