"""Programs from Debian's packages without root: downloaded and unpacked into a cache folder, nothing else written."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkdtemp

from fairground_common.embedded.failures import PartError

_FETCH_SECONDS = 300


def cache_folder(name: str) -> Path:
    """Return `$XDG_CACHE_HOME/fairground/<name>`, by default under `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "fairground" / name


def fetch_packages(
    packages: Sequence[str], target: Path, prepare: Callable[[Path], None] = lambda _unpacked: None
) -> None:
    """Download packages with apt and unpack them as ``target``, after ``prepare`` has worked on the unpacked tree.

    Raises PartError where there is no apt or the packages cannot be had. Two processes may fetch at the same time.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise PartError(f"{packages[0]} cannot be fetched: there is no {tool}")
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(dir=target.parent, prefix="fetch-"))
    try:
        _download(packages, work)
        unpacked = _unpack(work)
        prepare(unpacked)
        _move(unpacked, target)
    except subprocess.SubprocessError as failed:
        raise PartError(f"{packages[0]} cannot be fetched: {_reason(failed)}") from failed
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _download(packages: Sequence[str], work: Path) -> None:
    for folder in ("lists/partial", "archives/partial", "state", "packages"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    _run(["apt-get", *_apt_options(work), "update"], work)
    _run(["apt-get", *_apt_options(work), "download", *packages], work / "packages")


def _apt_options(work: Path) -> list[str]:
    """Everything apt would write goes into ``work``; its sources are the machine's."""
    options = {
        "Dir::State": work / "state",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work,
        "Dir::Cache::archives": work / "archives",
        "Debug::NoLocking": "1",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    return ["-qq", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]


def _unpack(work: Path) -> Path:
    root = work / "root"
    for package in sorted((work / "packages").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(root)], work)
    return root


def _move(unpacked: Path, target: Path) -> None:
    """One rename: the target is whole or absent; who loses a race uses the winner's."""
    try:
        unpacked.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _run(command: Sequence[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=_FETCH_SECONDS)


def _reason(failed: subprocess.SubprocessError) -> str:
    said = getattr(failed, "stderr", None) or str(failed)
    return str(said).strip().splitlines()[-1]
