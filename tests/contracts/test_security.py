"""What docs/security.md claims has a test, dependencies have their mends, and no secret stands in the repository."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from fairground_deploy import catalogue

PAGE = (catalogue.ROOT / "docs" / "security.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| .+ \| `([^`]+)::([a-z0-9_]+)` \|$", PAGE, re.MULTILINE)

REQUIRED = {
    *("2.3.3", "2.3.4", "4.1.3", "4.2.1", "15.3.2", "15.3.4", "15.4.2", "15.4.3"),
    *("9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.2", "9.2.3", "9.2.4"),
}

FLOORS = {
    "pyjwt": "2.13",
    "h11": "0.16",
    "aio-pika": "10.2",
    "aiormq": "7.2",
    "asyncpg": "0.32",
    "sqlalchemy": "2.0.38",
    "fastapi": "0.121",
}
"""The first versions without what is known against the ones before."""
IF_THERE = {"python-multipart": "0.0.32", "redis": "4.5.4"}
"""Packages we do without, or need in tests only."""

LOCKS = sorted(catalogue.ROOT.glob("requirements*.txt"))

SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]"
    rb"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    rb"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}"
)
"""Private keys, the tokens of well-known services, and signed JWTs."""


def test_every_requirement_has_a_test() -> None:
    assert {requirement for requirement, _, _ in ROWS} == REQUIRED
    assert len(ROWS) == len(REQUIRED)


@pytest.mark.parametrize(("requirement", "path", "name"), ROWS)
def test_the_test_of_a_requirement_exists(requirement: str, path: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (catalogue.ROOT / path).read_text(), re.MULTILINE), requirement


def _locked(lock: Path) -> dict[str, Version]:
    found = re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock.read_text(), re.MULTILINE)
    return {name: Version(version) for name, version in found}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_locked_package_is_older_than_its_mend(lock: Path) -> None:
    known = _locked(lock)
    too_old = {name for name, floor in (FLOORS | IF_THERE).items() if name in known and known[name] < Version(floor)}
    assert too_old == set()
    if lock.name == "requirements.txt":
        assert set(FLOORS) <= set(known)


def _tracked() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=catalogue.ROOT, capture_output=True, check=True).stdout
    yield from (catalogue.ROOT / name for name in listed.decode().split("\0") if name)


def test_no_secret_stands_in_the_repository() -> None:
    assert [str(path) for path in _tracked() if path.is_file() and SECRETS.search(path.read_bytes())] == []


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN EC PRIVATE KEY-----\n" + "MHcCAQEE",
        "AKIA" + "A" * 16,
        "ghp_" + "a" * 36,
        ".".join(("eyJ" + "a" * 12, "eyJ" + "b" * 24, "c" * 43)),
    ],
)
def test_a_secret_would_be_found(secret: str) -> None:
    assert SECRETS.search(f"x = '{secret}'".encode())
