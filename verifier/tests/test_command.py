"""The command as people run it: another process, without the product and without any package installed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
RECEIPT = HERE / "receipts" / "roulette-own-seed.json"
PUBLISHED = HERE / "published" / "roulette-1.json"
SEALED = HERE / "sealed" / "roulette.json"
KOREAN = HERE / "receipts" / "lottery-one-redraw-unit.json"


def run(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run it without site-packages: it may not need any."""
    command = [sys.executable, "-S", "-m", "fairground_verify", *map(str, arguments)]
    return subprocess.run(
        command, input=stdin, capture_output=True, check=False, cwd=HERE.parent, env=environment, timeout=60
    )


def lines(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return (done.stdout + done.stderr).decode().splitlines()


def test_a_valid_receipt_is_one_line_and_0() -> None:
    done = run(RECEIPT, "--config", PUBLISHED)
    assert (done.returncode, done.stderr) == (0, b"")
    slot, paid = '{"slot_index":4}', '{"amount":50,"type":"POINT"}'
    assert lines(done) == [f"VALID roulette, nonce 0: the seeds give {slot}, which is '50 points' and pays {paid}"]


def test_a_changed_receipt_is_one_line_and_1(tmp_path: Path) -> None:
    changed = tmp_path / "receipt.json"
    changed.write_bytes(RECEIPT.read_bytes().replace(b'{"slot_index":4}', b'{"slot_index":3}'))
    done = run(changed)
    assert (done.returncode, done.stderr) == (1, b"")
    assert lines(done) == ["INVALID the seeds give slot 4, the receipt says 3"]


def test_a_sealed_receipt_is_one_line_and_2() -> None:
    done = run(SEALED)
    assert (done.returncode, done.stderr, len(lines(done))) == (2, b"", 1)
    assert lines(done)[0].startswith("SEALED the server seed is not revealed yet")


def test_standard_input_is_read() -> None:
    assert run("-", stdin=RECEIPT.read_bytes()).returncode == 0
    assert run("-", stdin=b"").returncode == 1
    assert run(RECEIPT, "--config", "-", stdin=PUBLISHED.read_bytes()).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-file"],
        [HERE],
        ["a", "b"],
        [RECEIPT, "--unknown"],
        [RECEIPT, "--config", "no-such-file"],
        ["-", "--config", "-"],
        ["line\nbreak"],
    ],
    ids=str,
)
def test_what_cannot_be_read_is_one_line_and_3(arguments: list[Any]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, len(lines(done))) == (3, b"", 1)
    assert lines(done)[0].startswith("fairground-verify: ")


def test_a_file_that_has_no_end_is_not_read_for_ever() -> None:
    done = run("/dev/zero")
    assert (done.returncode, len(lines(done))) == (3, 1)
    assert "is larger than" in lines(done)[0]


def test_machines_get_json() -> None:
    done = run(RECEIPT, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"]) == (0, "VALID")
    assert told["not_proven"] == ["play_id", "day", "created_at", "config_version", "client_seed_source"]
    assert json.loads(run("-", "--json", stdin=b"{}").stdout) == {
        "verdict": "INVALID",
        "reason": "the field game is missing",
        "not_proven": [],
        "said_gone": [],
    }
    assert json.loads(run(SEALED, "--json").stdout)["verdict"] == "SEALED"


def test_the_commitment_a_player_kept_is_compared() -> None:
    kept = json.loads(RECEIPT.read_bytes())["commitment"]
    assert run(RECEIPT, "--commitment", kept).returncode == 0
    assert run(RECEIPT, "--commitment", "0" * 64).returncode == 1


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "cp1252"])
def test_a_terminal_of_any_encoding_can_show_it(encoding: str) -> None:
    done = run(KOREAN, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert ("은메달" if encoding == "utf-8" else r"\uc740\uba54\ub2ec") in done.stdout.decode(encoding)
