"""A bad setting ends the process with one line that names it."""

import os
import subprocess
import sys

import pytest

GOOD = {"GATEWAY_KEY": "a" * 16}

START = """
from fairground_common.settings import SharedSettings, load_settings
print(load_settings(SharedSettings).env)
"""


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", START], env=kept | environment, capture_output=True, text=True, check=False
    )


def test_good_settings_start() -> None:
    assert start(**GOOD).stdout == "local\n"


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "GATEWAY_KEY"),
        (GOOD | {"ENV": "prod"}, "ENV"),
        (GOOD | {"CLOCK_OFFSET_SECONDS": "tomorrow"}, "CLOCK_OFFSET_SECONDS"),
        (GOOD | {"CLOCK_OFFSET_SECONDS": "nan"}, "CLOCK_OFFSET_SECONDS"),
        (GOOD | {"ENV": "production", "TEST_MODE": "true"}, "TEST_MODE"),
        (GOOD | {"ENV": "production", "CLOCK_OFFSET_SECONDS": "0.001"}, "CLOCK_OFFSET_SECONDS"),
    ],
)
def test_a_bad_setting_is_named_without_a_traceback(environment: dict[str, str], named: str) -> None:
    ended = start(**environment)
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_list_that_is_no_json_is_named_without_its_content() -> None:
    script = """
from pydantic import SecretStr
from fairground_common.settings import SharedSettings, load_settings
class Some(SharedSettings, env_prefix="SOME_"):
    former_keys: tuple[SecretStr, ...] = ()
load_settings(Some)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=GOOD | {"SOME_FORMER_KEYS": "s3cr3t"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == "bad setting SOME_FORMER_KEYS: it must be JSON, such as a list\n"


def test_a_secret_is_never_printed() -> None:
    assert "s3cr3t" not in start(GATEWAY_KEY="s3cr3t").stderr
