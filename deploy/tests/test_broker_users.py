"""The broker's users as the stacks make them."""

import json
import re
import subprocess
import sys
from pathlib import Path

from fairground_deploy.broker_users import SERVICES, service_user

PASSWORDS = {f"{name.upper()}_BROKER_PASSWORD": f"secret of {name}" for name in ("fairground", *SERVICES)}


def write(file: Path, environ: dict[str, str], *options: str) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("fairground")), "broker-definitions", str(file), *options]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_every_service_has_a_user_and_no_password_is_written(tmp_path: Path) -> None:
    file = tmp_path / "definitions.json"
    written = write(file, PASSWORDS)
    assert written.returncode == 0, written.stderr
    text = file.read_text()
    assert {user["name"] for user in json.loads(text)["users"]} == {"fairground", *SERVICES}
    assert "secret of" not in text


def test_programs_are_told_who_was_written_and_where(tmp_path: Path) -> None:
    file = tmp_path / "definitions.json"
    told = json.loads(write(file, PASSWORDS, "--json").stdout)
    assert told == {"users": [*SERVICES, "fairground"], "file": str(file)}


def test_a_missing_password_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "definitions.json"
    refused = write(file, {name: value for name, value in PASSWORDS.items() if not name.startswith("GAMES")})
    assert (refused.returncode, refused.stderr) == (2, "bad setting GAMES_BROKER_PASSWORD: it is not set\n")
    assert not file.exists()


def test_a_service_may_say_its_own_events_only() -> None:
    (right,) = service_user("games", "secret").topics
    assert re.search(right.write, "games.play_settled.v1")
    assert not re.search(right.write, "seasonpass.reward_granted.v1")
