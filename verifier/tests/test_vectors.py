"""The published vectors, made by another implementation: the verifier computes the same."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from fairground_verify import verify
from fairground_verify.draws import WORDS, Draws
from fairground_verify.strict_json import canonical

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text())
NOTHING = {"type": "NONE", "amount": 0}


def draws_of(vector: dict[str, Any], game: str) -> Draws:
    return Draws(bytes.fromhex(vector["server_seed"]), game, vector["client_seed"], vector["nonce"])


def receipt_of(vector: dict[str, Any], game: str, config: dict[str, Any], **drawn: Any) -> bytes:
    """Put a receipt around a vector."""
    text = canonical({"name": "Vectors", "max_daily": 0, **config})
    receipt = {
        "play_id": "01a20615-b2a7-7529-be26-31df6dad616f",
        "game": game,
        "day": "2026-11-23",
        "created_at": "2026-11-23T01:46:54.940169Z",
        "config_version": 1,
        "config_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "commitment": hashlib.sha256(bytes.fromhex(vector["server_seed"])).hexdigest(),
        "client_seed": vector["client_seed"],
        "client_seed_source": "player",
        "nonce": vector["nonce"],
        "reward": NOTHING,
        "config": text,
        "server_seed": vector["server_seed"],
        **drawn,
    }
    return json.dumps(receipt).encode()


def result_of(faces: list[int]) -> str:
    mine, theirs = sum(faces[:2]), sum(faces[2:])
    return "DRAW" if mine == theirs else "WIN" if mine > theirs else "LOSE"


def attempts_of(vector: dict[str, Any]) -> list[dict[str, Any]]:
    eligible = [str(index) for index, prize in enumerate(vector["prizes"]) if prize["weight"]]
    attempts = []
    for draw, hit in enumerate(vector["attempts"]):
        attempts.append({"draw": draw, "eligible": list(eligible), "hit": str(hit)})
        eligible.remove(str(hit))
    return attempts


def test_every_kind_of_vector_is_tested() -> None:
    tested = {"about", "first_block", "roulette", "dice", "lottery", "config_hash", "rejection"}
    assert set(VECTORS) == tested


@pytest.mark.parametrize("vector", VECTORS["first_block"])
def test_the_first_block_and_the_commitment_are_as_published(vector: dict[str, Any]) -> None:
    head, client_seed, nonce, draw, block = vector["message"].split(":")
    seed = bytes.fromhex(vector["server_seed"])
    draws = Draws(seed, head.removeprefix("fairground/1/"), client_seed, int(nonce))
    assert draws.block(int(draw), int(block)).hex() == vector["hmac"]
    assert hashlib.sha256(seed).hexdigest() == vector["commitment"]


@pytest.mark.parametrize("vector", VECTORS["roulette"])
def test_a_wheel_stops_at_the_published_slot(vector: dict[str, Any]) -> None:
    draws = draws_of(vector, "roulette")
    assert draws.number(0, sum(vector["weights"])) == vector["value"]
    assert draws.choose(0, vector["weights"]) == vector["slot"]


@pytest.mark.parametrize("vector", VECTORS["roulette"])
def test_only_the_published_slot_is_valid(vector: dict[str, Any]) -> None:
    segments = [
        {"slot_index": slot, "label": "?", "reward": NOTHING, "weight": weight}
        for slot, weight in enumerate(vector["weights"])
    ]
    words = [
        verify(receipt_of(vector, "roulette", {"segments": segments}, outcome={"slot_index": slot})).word
        for slot in range(6)
    ]
    assert words == ["VALID" if slot == vector["slot"] else "INVALID" for slot in range(6)]


@pytest.mark.parametrize("vector", VECTORS["dice"])
def test_only_the_published_faces_are_valid(vector: dict[str, Any]) -> None:
    rewards = {"rewards": dict.fromkeys(("WIN", "DRAW", "LOSE"), NOTHING)}

    def word(faces: list[int]) -> str:
        outcome = {"user_dice": faces[:2], "dealer_dice": faces[2:], "outcome": result_of(faces)}
        return verify(receipt_of(vector, "dice", rewards, outcome=outcome)).word

    faces = vector["faces"]
    assert word(faces) == "VALID"
    others = [[*faces[:place], face % 6 + 1, *faces[place + 1 :]] for place, face in enumerate(faces)]
    assert {word(other) for other in others} == {"INVALID"}


@pytest.mark.parametrize("vector", VECTORS["lottery"])
def test_a_lottery_makes_the_published_attempts(vector: dict[str, Any]) -> None:
    draws = draws_of(vector, "lottery")
    weights = [prize["weight"] for prize in vector["prizes"]]
    for attempt in attempts_of(vector):
        eligible = attempt["eligible"]
        hit = eligible[draws.choose(attempt["draw"], [weights[int(key)] for key in eligible])]
        assert hit == attempt["hit"]


@pytest.mark.parametrize("vector", [each for each in VECTORS["lottery"] if each["won"] is not None])
def test_only_the_published_prize_after_the_published_attempts_is_valid(vector: dict[str, Any]) -> None:
    prizes = [
        {"key": str(index), "label": "?", "reward": NOTHING, "weight": prize["weight"], "is_active": True}
        for index, prize in enumerate(vector["prizes"])
    ]
    words = [
        verify(
            receipt_of(vector, "lottery", {"prizes": prizes}, outcome={"key": str(key)}, attempts=attempts_of(vector))
        ).word
        for key in range(len(prizes))
    ]
    assert words == ["VALID" if key == vector["won"] else "INVALID" for key in range(len(prizes))]


@pytest.mark.parametrize("vector", VECTORS["config_hash"])
def test_canonical_json_and_its_hash_are_as_published(vector: dict[str, Any]) -> None:
    assert canonical(vector["document"]) == vector["canonical"]
    assert hashlib.sha256(vector["canonical"].encode()).hexdigest() == vector["sha256"]


@pytest.mark.parametrize("vector", VECTORS["rejection"])
def test_words_that_would_favour_small_numbers_are_skipped(vector: dict[str, Any]) -> None:
    draws, width = draws_of(vector, "roulette"), vector["W"]
    block = draws.block(0, 0)
    words = [int.from_bytes(block[start : start + 8], "big") for start in range(0, 32, 8)]
    assert [word < WORDS - WORDS % width for word in words].index(True) == vector["skipped"]
    assert draws.number(0, width) == vector["value"]
