"""Failpoints: nothing without the setting, what it says with it, and never in production."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fairground_common import failpoints
from fairground_common.failpoints import NAMES, Armed, BadFailpoints, FailpointReached, arm, failpoint

NAME = next(iter(NAMES))
ROOT = Path(__file__).parents[3]


def _passes(*names: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Pass failpoints in a process of its own."""
    script = (
        f"from fairground_common.failpoints import failpoint\nfor name in {names}: failpoint(name)\nprint('through')"
    )
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return subprocess.run(
        [sys.executable, "-c", script], env={**kept, **environ}, capture_output=True, text=True, check=False
    )


def test_without_the_setting_it_is_an_empty_function() -> None:
    assert arm({}) is arm({"FAILPOINTS": "", "ENV": "production"}) is failpoint is failpoints._pass


def test_kill9_is_the_end_without_a_word() -> None:
    ended = _passes(NAME, FAILPOINTS=f"{NAME}:kill9")
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGKILL, "", "")


def test_other_failpoints_are_passed() -> None:
    assert _passes("games.before_commit", FAILPOINTS="games.after_commit:kill9").stdout == "through\n"


def test_a_number_says_which_passing_acts() -> None:
    armed = Armed(f"{NAME}:raise@3")
    armed(NAME)
    armed(NAME)
    with pytest.raises(FailpointReached, match=NAME):
        armed(NAME)
    armed(NAME)


def test_without_a_number_every_passing_acts() -> None:
    armed = Armed(f"games.before_commit:raise, {NAME}:raise")
    for _ in range(2):
        with pytest.raises(FailpointReached):
            armed(NAME)


def test_sleep_stands_still_for_that_long() -> None:
    began = time.monotonic()
    Armed(f"{NAME}:sleep=0.05@1")(NAME)
    assert time.monotonic() - began >= 0.05


@pytest.mark.parametrize(
    "spec", ["games.nowhere:raise", NAME, f"{NAME}:explode", f"{NAME}:raise@0", f"{NAME}:sleep", f"{NAME}:raise,"]
)
def test_what_cannot_be_read_is_refused_by_name(spec: str) -> None:
    with pytest.raises(BadFailpoints, match=r"is not name:action\[@n\]; names: games.before_insert"):
        arm({"FAILPOINTS": spec})


@pytest.mark.parametrize("environ", [{"ENV": "production"}, {"env": "production"}])
def test_production_ends_with_one_line_that_names_the_setting(environ: dict[str, str]) -> None:
    ended = _passes(NAME, FAILPOINTS=f"{NAME}:raise", **environ)
    line = "bad setting FAILPOINTS: FAILPOINTS is refused with ENV=production\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", line)


def test_the_list_is_what_the_product_passes() -> None:
    sources = [
        path for folder in ("services", "libs", "gateway") for path in (ROOT / folder).glob("**/fairground_*/**/*.py")
    ]
    passed = {
        name for path in sources for name in re.findall(r"\bfailpoint\(\"([^\"]+)\"\)$", path.read_text(), re.MULTILINE)
    }
    assert passed == set(NAMES)
