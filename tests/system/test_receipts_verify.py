"""Receipts of the running product, proven by the verifier: another process that knows nothing of the product."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from fairground_deploy.api import Api
from fairground_deploy.testing.player import Player

VERIFIER = Path(__file__).parents[2] / "verifier"
GAMES = ("roulette", "dice", "lottery")
OTHER_OUTCOME: dict[str, Callable[[Any], Any]] = {
    "roulette": lambda outcome: {"slot_index": (outcome["slot_index"] + 1) % 6},
    "dice": lambda outcome: {**outcome, "user_dice": [outcome["user_dice"][0] % 6 + 1, outcome["user_dice"][1]]},
    "lottery": lambda outcome: {"key": "console" if outcome["key"] != "console" else "coffee"},
}

SignUp = Callable[[], Awaitable[Player]]
Verify = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """Return a function that runs the verifier, without any installed package, and returns exit code and answer."""

    def run(receipt: Any, config: Any = None, *options: str) -> tuple[int, dict[str, Any]]:
        (tmp_path / "receipt.json").write_text(json.dumps(receipt))
        (tmp_path / "config.json").write_text(json.dumps(config))
        published = [] if config is None else ["--config", str(tmp_path / "config.json")]
        command = [sys.executable, "-S", "-m", "fairground_verify", str(tmp_path / "receipt.json"), "--json"]
        done = subprocess.run([*command, *published, *options], cwd=VERIFIER, capture_output=True, check=False, env={})
        assert done.stderr == b""
        answer: dict[str, Any] = json.loads(done.stdout)
        return done.returncode, answer

    return run


async def receipt_of(player: Player, play: Any) -> Any:
    return await player.get(f"/api/fairness/receipts/{play['play_id']}")


@pytest.mark.parametrize("game", GAMES)
async def test_a_receipt_is_sealed_then_valid_and_a_changed_one_is_not(
    game: str, sign_up: SignUp, anybody: Api, verify: Verify
) -> None:
    player = await sign_up()
    shown = (await player.post("/api/fairness/rotate", {"client_seed": "my-own"}))["current"]["commitment"]
    play = await player.post(f"/api/{game}/play")
    config = anybody.expect("GET", f"/api/{game}/configs/{play['config_version']}")

    code, answer = verify(await receipt_of(player, play), config, "--commitment", shown)
    assert (code, answer["verdict"]) == (2, "SEALED"), answer

    await player.post("/api/fairness/rotate")
    receipt = await receipt_of(player, play)
    code, answer = verify(receipt, config, "--commitment", shown)
    assert (code, answer["verdict"]) == (0, "VALID"), answer
    assert verify(receipt)[0] == 0
    assert verify({name: value for name, value in receipt.items() if name != "config"}, config)[0] == 0

    flipped = {**receipt, "outcome": OTHER_OUTCOME[game](receipt["outcome"])}
    code, answer = verify(flipped, config)
    assert (code, answer["verdict"]) == (1, "INVALID"), answer


async def test_every_receipt_of_a_pair_is_valid_and_their_nonces_have_no_gap(sign_up: SignUp, verify: Verify) -> None:
    player = await sign_up()
    plays = [await player.post(f"/api/{game}/play") for game in GAMES * 3]
    revealed = (await player.post("/api/fairness/rotate"))["revealed"]
    receipts = [await receipt_of(player, play) for play in plays]
    answers = [verify(receipt, None, "--commitment", revealed["commitment"]) for receipt in receipts]
    assert [code for code, _ in answers] == [0] * len(plays), answers
    assert sorted(receipt["nonce"] for receipt in receipts) == list(range(revealed["plays"]))
