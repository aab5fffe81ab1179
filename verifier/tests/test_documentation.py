"""What the pages show is what the verifier computes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from fairground_verify import verify
from fairground_verify.draws import Draws
from fairground_verify.receipt import UNPROVEN

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "fairness.md").read_text()
README = (HERE.parent / "README.md").read_text()


def test_the_draw_by_hand_is_the_first_roulette_vector() -> None:
    vector: dict[str, Any] = json.loads((HERE / "vectors.json").read_text())["roulette"][0]
    seed = bytes.fromhex(vector["server_seed"])
    block = Draws(seed, "roulette", vector["client_seed"], vector["nonce"]).block(0, 0)
    assert f"S={seed.hex()}\n" in PAGE
    assert hashlib.sha256(seed).hexdigest() in PAGE
    assert f"SHA2-256(stdin)= {block.hex()}\n" in PAGE
    assert f"`{block[:8].hex()}`, in decimal {int.from_bytes(block[:8], 'big')}." in PAGE
    assert f"weights {', '.join(map(str, vector['weights']))}, client seed `{vector['client_seed']}`" in PAGE
    assert f"is **{vector['value']}**" in PAGE
    assert f"**slot {vector['slot']}**" in PAGE


@pytest.mark.parametrize("path", ["receipts/roulette-own-seed.json", "sealed/roulette.json"])
def test_the_lines_shown_are_the_verifiers(path: str) -> None:
    verdict = verify((HERE / path).read_bytes())
    assert f"\n{verdict.word} {verdict.reason}\n" in PAGE


def test_the_receipt_shown_is_a_recorded_one() -> None:
    receipt = json.loads((HERE / "receipts" / "roulette-own-seed.json").read_bytes())
    for field in ("play_id", "created_at", "client_seed", "commitment", "server_seed"):
        assert f'"{field}":"{receipt[field]}"' in PAGE


def test_every_field_that_is_not_proven_is_documented_as_such() -> None:
    rows = [line for line in README.splitlines() if line.startswith("|") and "**not proven**" in line]
    named = {name for row in rows for name in row.split("|")[1].replace("`", "").replace(" ", "").split(",")}
    assert named == set(UNPROVEN)
