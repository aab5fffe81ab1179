"""The lock: everything in it, nothing but packages and hashes in it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(
    path
    for pattern in ("libs/*/", "services/*/", "gateway/", "deploy/")
    for path in ROOT.glob(f"{pattern}pyproject.toml")
)
LOCKS = [*sorted(ROOT.glob("requirements*.txt")), ROOT / ".ci" / "requirements.txt"]


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement.strip())[0].lower().replace("_", "-")


def _wanted(source: Path) -> set[str]:
    lines = (line.strip() for line in source.read_text().splitlines())
    return {_name(line) for line in lines if line and not line.startswith(("#", "-"))}


def _locked(lock: Path) -> set[str]:
    return {_name(line) for line in lock.read_text().splitlines() if re.match(r"[A-Za-z0-9]", line)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_wanted_package_is_locked(lock: Path) -> None:
    assert _wanted(lock.with_suffix(".in")) <= _locked(lock)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_index(lock: Path) -> None:
    assert not re.search(r"://|^--(index|extra|find)", lock.read_text(), re.MULTILINE)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.parent.name)
def test_what_a_package_needs_to_run_is_in_the_runtime_lock(package: Path) -> None:
    needed = {_name(each) for each in tomllib.loads(package.read_text())["project"]["dependencies"]}
    ours = {each for each in needed if each.startswith("fairground")}
    lock = "requirements-tools.txt" if package.parent.name == "deploy" else "requirements.txt"
    assert needed - ours <= _locked(ROOT / lock)
