"""A receipt that was changed anywhere is not valid, except where a receipt proves nothing, and that is documented.

Client seed and nonce are proven by the draw alone: another one draws again, and that may hit the same outcome. The
tests compute such draws by themselves, so that nothing but this coincidence passes.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairground_verify import verify
from fairground_verify.receipt import UNPROVEN

RECEIPTS = sorted((Path(__file__).parent / "receipts").glob("*.json"))
BITS = (1, 2, 4, 8, 16, 32, 64, 128)
DRAWN_FROM = {"client_seed", "nonce"}

Receipt = dict[str, Any]


def number(receipt: Receipt, draw: int, width: int) -> int:
    """Draw as the documentation says."""
    usable, block = 2**64 - 2**64 % width, 0
    while True:
        text = f"fairground/1/{receipt['game']}:{receipt['client_seed']}:{receipt['nonce']}:{draw}:{block}"
        digest = hmac.new(bytes.fromhex(receipt["server_seed"]), text.encode(), hashlib.sha256).digest()
        for start in (0, 8, 16, 24):
            word = int.from_bytes(digest[start : start + 8], "big")
            if word < usable:
                return word % width
        block += 1


def hit(receipt: Receipt, draw: int, weights: dict[Any, int]) -> Any:
    value = number(receipt, draw, sum(weights.values()))
    for key, weight in weights.items():
        if value < weight:
            return key
        value -= weight
    raise AssertionError


def drawn(receipt: Receipt) -> Any:
    """Return all that a receipt's seeds decide: slot, faces, or the hit of every attempt."""
    config = json.loads(receipt["config"])
    if receipt["game"] == "dice":
        return [number(receipt, draw, 6) + 1 for draw in range(4)]
    if receipt["game"] == "roulette":
        return hit(receipt, 0, {segment["slot_index"]: segment["weight"] for segment in config["segments"]})
    weights = {prize["key"]: prize["weight"] for prize in config["prizes"]}
    return [
        hit(receipt, attempt["draw"], {key: weights[key] for key in attempt["eligible"]})
        for attempt in receipt["attempts"]
    ]


def changed_fields(one: Receipt, other: Receipt) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def passes_unjustly(original: Receipt, content: bytes) -> bool:
    """Return whether changed bytes are taken for a proof though a proven field differs."""
    if verify(content).word == "INVALID":
        return False
    changed = json.loads(content)
    fields = changed_fields(original, changed)
    if fields and fields <= set(UNPROVEN):
        return False
    return not (fields and fields <= DRAWN_FROM and drawn(changed) == drawn(original))


def flips(content: bytes) -> Iterator[bytes]:
    for place, byte in enumerate(content):
        for bit in BITS:
            yield content[:place] + bytes([byte ^ bit]) + content[place + 1 :]


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_no_flipped_bit_passes(path: Path) -> None:
    content = path.read_bytes()
    original = json.loads(content)
    passed = [flipped for flipped in flips(content) if passes_unjustly(original, flipped)]
    assert passed == []


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_no_byte_can_be_left_out(path: Path) -> None:
    content = path.read_bytes()
    original = json.loads(content)
    shorter = [content[:place] + content[place + 1 :] for place in range(len(content))]
    assert [each for each in shorter if passes_unjustly(original, each)] == []


@pytest.mark.parametrize("name", ["dice-win", "dice-lose", "dice-draw-longest-seed"])
def test_of_four_dice_no_other_client_seed_or_nonce_gives_the_same(name: str) -> None:
    """Here a coincidence has one chance in 1296, and none of these flips is one."""
    content = (Path(__file__).parent / "receipts" / f"{name}.json").read_bytes()
    original = json.loads(content)
    fields = [
        changed_fields(original, json.loads(flipped)) for flipped in flips(content) if verify(flipped).word != "INVALID"
    ]
    assert set().union(*fields) <= set(UNPROVEN)


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_no_other_hex_digit_passes_in_a_hash_or_a_seed(path: Path) -> None:
    content = path.read_bytes()
    for name in (b"commitment", b"config_sha256", b"server_seed"):
        found = re.search(b'"' + name + b'":"([0-9a-f]{64})"', content)
        assert found is not None
        for place in range(*found.span(1)):
            others = (b"%x" % digit for digit in range(16) if b"%x" % digit != content[place : place + 1])
            words = {verify(content[:place] + other + content[place + 1 :]).word for other in others}
            assert words == {"INVALID"}


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_no_field_but_the_documented_can_be_left_out(path: Path) -> None:
    original = json.loads(path.read_bytes())
    for name in original:
        without = {key: value for key, value in original.items() if key != name}
        word = {"server_seed": "SEALED", "unit": "VALID"}.get(name, "INVALID")
        assert verify(json.dumps(without).encode()).word == word, name
