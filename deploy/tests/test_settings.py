"""Settings of a local run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairground_common.embedded import free_port
from fairground_deploy.local.processes import environment
from fairground_deploy.local.settings import LocalSettings
from fairground_deploy.services import PROGRAMS

BY_NAME = {program.name: program for program in PROGRAMS}


def _run(folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "DATA_DIR": str(folder), "PORT": str(free_port()), **settings}
    command = [sys.executable, "-c", "from fairground_deploy.cli import main; main()", "run"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("TEST_MODE", "perhaps"),
        ("CLOCK_OFFSET_SECONDS", "soon"),
        ("ADMIN_PASSWORD", "short"),
        ("ADMIN_USERNAME", "No Such Name"),
        ("ENV", "production"),
        ("DATA_DIR", "/dev/null/nowhere"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    ended = _run(tmp_path, **{name: value})
    assert ended.returncode != 0
    assert ended.stderr.startswith(f"bad setting {name}: "), ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_local_run_lets_every_game_be_played_unless_told_otherwise() -> None:
    assert LocalSettings.model_validate({}).shared_environment()["TEST_MODE"] == "true"
    assert LocalSettings.model_validate({"TEST_MODE": "false"}).shared_environment()["TEST_MODE"] == "false"


def test_an_owner_address_falls_back_to_the_app_address() -> None:
    settings = LocalSettings.model_validate({"GAMES_DATABASE_URL": "postgresql://app@h/db"})
    assert settings.given_owner_database("games") == "postgresql://app@h/db"
    assert settings.given_owner_database("auth") is None


def test_a_process_is_not_told_the_settings_of_others() -> None:
    inherited = {
        "PATH": "/bin",
        "GAMES_POOL_SIZE": "3",
        "AUTH_REFRESH_KEY": "secret",
        "ADMIN_PASSWORD": "secret",
        "GATEWAY_KEY": "shared",
    }
    told = environment(BY_NAME["games-worker"], defaults={}, inherited=inherited, own={"GAMES_PORT": "1"})
    assert told == {
        "PATH": "/bin",
        "GAMES_POOL_SIZE": "3",
        "GATEWAY_KEY": "shared",
        "GAMES_PORT": "1",
        "PYTHONUNBUFFERED": "1",
    }


def test_the_environment_wins_over_the_defaults_of_a_local_run() -> None:
    settings = LocalSettings.model_validate({})
    told = environment(BY_NAME["gateway"], defaults=settings.defaults(), inherited={"RATE_LIMIT_IP": "7"}, own={})
    assert told["RATE_LIMIT_IP"] == "7"
    assert told["RATE_LIMIT_USER"] == settings.defaults()["RATE_LIMIT_USER"]
