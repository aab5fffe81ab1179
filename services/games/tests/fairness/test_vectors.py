"""The published vectors, made by an independent implementation: our draws give the same bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from fairground_common.contracts import Reward
from fairground_games.configs.canonical import canonical_json, sha256_of
from fairground_games.fairness.draws import Draws
from fairground_games.fairness.seeds import commitment
from fairground_games.games import game_of
from fairground_games.games.outcome import Attempt, Outcome, Version

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text())
NOTHING = Reward(type="NONE")


def draws_of(vector: dict[str, Any], game: str) -> Draws:
    return Draws(bytes.fromhex(vector["server_seed"]), game, vector["client_seed"], vector["nonce"])


def version_of(game: str, weights: list[int]) -> Version:
    outcomes = (Outcome(str(i), i, f"Outcome {i}", NOTHING, weight) for i, weight in enumerate(weights))
    return Version(game, 1, "Vectors", 0, tuple(outcomes))


@pytest.mark.parametrize("vector", VECTORS["first_block"])
def test_the_first_block_and_the_commitment_are_as_published(vector: dict[str, Any]) -> None:
    seed = bytes.fromhex(vector["server_seed"])
    head, client_seed, nonce, draw, block = vector["message"].split(":")
    draws = Draws(seed, head.removeprefix("fairground/1/"), client_seed, int(nonce))
    assert draws.block(int(draw), int(block)).hex() == vector["hmac"]
    assert commitment(seed) == vector["commitment"]


@pytest.mark.parametrize("vector", VECTORS["roulette"])
def test_roulette_hits_the_published_slot(vector: dict[str, Any]) -> None:
    draws = draws_of(vector, "roulette")
    assert draws.value(0, sum(vector["weights"])) == vector["value"]
    drawn = game_of("roulette").draw(version_of("roulette", vector["weights"]), draws, frozenset())
    assert drawn is not None
    assert drawn.shown == {"slot_index": vector["slot"]}


@pytest.mark.parametrize("vector", VECTORS["dice"])
def test_dice_show_the_published_faces(vector: dict[str, Any]) -> None:
    version = version_of("dice", [])
    drawn = game_of("dice").draw(version, draws_of(vector, "dice"), frozenset())
    assert drawn is not None
    assert [*drawn.shown["user_dice"], *drawn.shown["dealer_dice"]] == vector["faces"]


@pytest.mark.parametrize("vector", VECTORS["lottery"])
def test_lottery_makes_the_published_attempts(vector: dict[str, Any]) -> None:
    lottery, draws = game_of("lottery"), draws_of(vector, "lottery")
    version = version_of("lottery", [prize["weight"] for prize in vector["prizes"]])
    attempts: tuple[Attempt, ...] = ()
    exhausted: frozenset[str] = frozenset()
    won = None
    while won is None and (drawn := lottery.draw(version, draws, exhausted, attempts)) is not None:
        attempts, exhausted = drawn.attempts, exhausted | {drawn.key}
        won = int(drawn.key) if vector["prizes"][int(drawn.key)]["available"] else None
    assert [int(attempt.hit) for attempt in attempts] == vector["attempts"]
    assert [attempt.draw for attempt in attempts] == list(range(len(attempts)))
    assert won == vector["won"]


@pytest.mark.parametrize("vector", VECTORS["config_hash"])
def test_canonical_json_and_its_hash_are_as_published(vector: dict[str, Any]) -> None:
    assert canonical_json(vector["document"]) == vector["canonical"]
    assert sha256_of(vector["canonical"]) == vector["sha256"]


@pytest.mark.parametrize("vector", VECTORS["rejection"])
def test_words_that_would_favour_small_values_are_skipped(vector: dict[str, Any]) -> None:
    draws = draws_of(vector, "roulette")
    assert draws.value(0, vector["W"]) == vector["value"]
    words = [int.from_bytes(draws.block(0, 0)[start : start + 8], "big") for start in range(0, 32, 8)]
    usable = 2**64 - 2**64 % vector["W"]
    skipped = next(index for index, word in enumerate(words) if word < usable)
    assert skipped == vector["skipped"]


def test_every_kind_of_vector_is_tested() -> None:
    tested = {"about", "first_block", "roulette", "dice", "lottery", "config_hash", "rejection"}
    assert set(VECTORS) == tested


def test_after_four_refused_words_the_next_block_is_drawn_from() -> None:
    """With a width of 2^63 + 1 nearly half of all words are refused, so some nonce needs a second block."""
    width, usable = 2**63 + 1, 2**63 + 1

    def refused(draws: Draws, block: int) -> bool:
        digest = draws.block(0, block)
        return all(int.from_bytes(digest[i : i + 8], "big") >= usable for i in range(0, 32, 8))

    seeds = (Draws(b"s" * 32, "roulette", "client", nonce) for nonce in range(1000))
    draws = next(each for each in seeds if refused(each, 0) and not refused(each, 1))
    words = [int.from_bytes(draws.block(0, 1)[i : i + 8], "big") for i in range(0, 32, 8)]
    assert draws.value(0, width) == next(word for word in words if word < usable)


@pytest.mark.parametrize("game", ["dice", "lottery"])
def test_games_and_draw_indexes_have_values_of_their_own(game: str) -> None:
    roulette = Draws(b"s" * 32, "roulette", "client", 0)
    other = Draws(b"s" * 32, game, "client", 0)
    assert roulette.block(0, 0) != other.block(0, 0)
    assert roulette.block(0, 0) != roulette.block(1, 0) != roulette.block(0, 1)
