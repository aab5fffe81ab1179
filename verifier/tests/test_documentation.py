"""What the pages say without running it is what the verifier computes."""

import hashlib
import json
from pathlib import Path
from typing import Any

from fairground_verify.draws import Draws
from fairground_verify.receipt import UNPROVEN

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "api" / "fairness.md").read_text()
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


def test_every_field_that_is_not_proven_is_documented_as_such() -> None:
    rows = [line for line in README.splitlines() if line.startswith("|") and "**not proven**" in line]
    named = {name for row in rows for name in row.split("|")[1].replace("`", "").replace(" ", "").split(",")}
    assert named == set(UNPROVEN)
