"""CI forgives a test that failed once, unless it counted what many did at once, or found the books to differ."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FAILS_ONCE = """
from pathlib import Path
from fairground_common.testing.books_differ import BooksDiffer

def test_of_something():
    tried = Path(__file__).with_suffix(".tried")
    if not tried.exists():
        tried.touch()
        raise {error}("at first")
"""


def _run_in(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a folder's tests with what CI adds to the options."""
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    added = re.findall(r'^export PYTEST_ADDOPTS="(.+)"$', ci, re.MULTILINE)
    assert len(added) == 1
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = (sys.executable, "-m", "pytest", "-p", "fairground_common.testing.again", "-p", "no:schemathesis")
    environ = {**os.environ, "PYTEST_ADDOPTS": added[0]}
    for name in [name for name in environ if name.startswith(("PYTEST_XDIST", "PYTEST_CURRENT"))]:
        del environ[name]
    return subprocess.run(
        (*command, *options), cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def _test_that_fails_once(file: Path, error: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(FAILS_ONCE.format(error=error), encoding="utf-8")


def test_what_failed_once_is_asked_again_and_told(tmp_path: Path) -> None:
    _test_that_fails_once(tmp_path / "test_slow.py", "TimeoutError")
    told = _run_in(tmp_path, "-n", "2")
    assert told.returncode == 0, told.stdout
    assert re.search(r"1 passed, 1 rerun in", told.stdout), told.stdout
    assert "RERUN test_slow.py::test_of_something" in told.stdout
    assert "TimeoutError: at first" in told.stdout


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ("test_slow.py", "BooksDiffer"),
        ("plays/test_races.py", "TimeoutError"),
        ("tests/chaos/test_kills.py", "TimeoutError"),
        ("tests/chaos/storm/test_storm.py", "TimeoutError"),
    ],
)
def test_what_counts_has_one_try(tmp_path: Path, file: str, error: str) -> None:
    _test_that_fails_once(tmp_path / file, error)
    told = _run_in(tmp_path)
    assert told.returncode == 1, told.stdout
    assert re.search(r"= 1 failed in", told.stdout), told.stdout


def test_a_fourth_failure_is_one_too_many(tmp_path: Path) -> None:
    for number in range(4):
        _test_that_fails_once(tmp_path / f"test_{number}.py", "TimeoutError")
    told = _run_in(tmp_path, "-n", "2")
    assert told.returncode == 1, told.stdout
    assert re.search(r"1 failed, 3 passed, 3 rerun in", told.stdout), told.stdout
