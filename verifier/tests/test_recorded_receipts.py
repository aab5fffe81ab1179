"""Receipts as the running product gave them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairground_verify import Verdict, verify

HERE = Path(__file__).parent
RECEIPTS = sorted((HERE / "receipts").glob("*.json"))
SEALED = sorted((HERE / "sealed").glob("*.json"))
PUBLISHED = sorted((HERE / "published").glob("*.json"))

Receipt = dict[str, Any]


def published_for(receipt: Receipt) -> bytes:
    return (HERE / "published" / f"{receipt['game']}-{receipt['config_version']}.json").read_bytes()


def test_there_are_ten_of_all_games_with_redraws_and_both_kinds_of_client_seed() -> None:
    receipts = [json.loads(path.read_bytes()) for path in RECEIPTS]
    assert len(receipts) == 10
    assert {receipt["game"] for receipt in receipts} == {"roulette", "dice", "lottery"}
    assert {receipt["client_seed_source"] for receipt in receipts} == {"default", "player"}
    assert {len(receipt.get("attempts", [])) for receipt in receipts} == {0, 1, 2, 3}


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_a_recorded_receipt_is_valid(path: Path) -> None:
    verdict = verify(path.read_bytes())
    assert verdict.word == "VALID", verdict


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_the_very_same_receipt_is_sealed_before_the_reveal(path: Path, verdict_on: Callable[[Any], Verdict]) -> None:
    receipt = json.loads(path.read_bytes())
    del receipt["server_seed"]
    assert verdict_on(receipt).word == "SEALED"


@pytest.mark.parametrize("path", SEALED, ids=lambda path: path.stem)
def test_a_receipt_recorded_before_the_reveal_is_sealed_and_says_what_is_checked(path: Path) -> None:
    verdict = verify(path.read_bytes())
    assert verdict.word == "SEALED"
    assert "config and its hash" in verdict.reason


@pytest.mark.parametrize("name", ["roulette-own-seed", "dice-win", "lottery-two-redraws"])
def test_the_published_configuration_takes_the_place_of_a_missing_one(
    name: str, recorded: Callable[[str], Receipt]
) -> None:
    receipt = recorded(name)
    published = published_for(receipt)
    del receipt["config"]
    content = json.dumps(receipt).encode()
    assert verify(content).reason.startswith("the receipt has no config")
    assert verify(content, published).word == "VALID"


def test_the_published_configuration_proves_the_version(recorded: Callable[[str], Receipt]) -> None:
    receipt = recorded("roulette-own-seed")
    content, published = json.dumps(receipt).encode(), published_for(receipt)
    assert "config_version" in verify(content).not_proven
    assert "config_version" not in verify(content, published).not_proven
    other = json.dumps({**receipt, "config_version": 2}).encode()
    assert verify(other).word == "VALID"
    assert verify(other, published).reason == "the published configuration is version 1, the receipt's is 2"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"canonical": "{}"}, "the published configuration's sha256 is not its hash"),
        (
            {"canonical": "{}", "sha256": hashlib.sha256(b"{}").hexdigest()},
            "the published configuration has another hash",
        ),
        ({"version": "1"}, "the published configuration has no usable field version"),
        ({"sha256": None}, "the published configuration has no usable field sha256"),
        ({"canonical": "\ud800"}, "the published configuration holds half a character, which UTF-8 cannot write"),
    ],
)
def test_a_published_configuration_that_differs_is_named(
    change: Receipt, reason: str, recorded: Callable[[str], Receipt]
) -> None:
    receipt = recorded("roulette-own-seed")
    published = json.dumps({**json.loads(published_for(receipt)), **change}).encode()
    assert verify(json.dumps(receipt).encode(), published) == Verdict("INVALID", reason)


@pytest.mark.parametrize("published", [b"", b"[]", b"\xff", b'{"version":NaN}'])
def test_a_published_configuration_that_cannot_be_read_is_named(
    published: bytes, recorded: Callable[[str], Receipt]
) -> None:
    verdict = verify(json.dumps(recorded("dice-win")).encode(), published)
    assert verdict.word == "INVALID"
    assert verdict.reason.startswith("the published configuration is not ")


def test_the_commitment_a_player_kept_must_be_the_receipts(recorded: Callable[[str], Receipt]) -> None:
    receipt = recorded("dice-win")
    content = json.dumps(receipt).encode()
    assert verify(content, commitment=receipt["commitment"]).word == "VALID"
    verdict = verify(content, commitment="0" * 64)
    assert verdict.word == "INVALID"
    assert verdict.reason.startswith("the receipt's commitment is not the one you were shown")


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("lottery-unlimited", ()),
        ("lottery-two-redraws", ("gold-3", "silver-3", "gone-3")),
        ("lottery-redraw-after-depletion", ("gold-5", "silver-5", "gone-5")),
    ],
)
def test_prizes_that_were_left_out_as_gone_are_named(
    name: str, gone: tuple[str, ...], recorded: Callable[[str], Receipt], verdict_on: Callable[[Any], Verdict]
) -> None:
    """The receipt cannot prove it; without this line an operator could leave out a prize for ever."""
    verdict = verdict_on(recorded(name))
    assert verdict.said_gone == gone
    assert ("stock history" in verdict.reason) == bool(gone)
    assert verdict.reason.endswith(", ".join(gone)) or recorded(name)["client_seed_source"] == "default"


def test_a_client_seed_the_player_did_not_choose_is_named(recorded: Callable[[str], Receipt]) -> None:
    given, chosen = (json.dumps(recorded(f"roulette-{kind}-seed")).encode() for kind in ("default", "own"))
    assert verify(given).reason.endswith("the client seed was given to the player, not chosen")
    assert "given to the player" not in verify(chosen).reason
