"""Where RabbitMQ comes from: installed on the machine, or fetched without root from Debian's packages.

No Python registry carries RabbitMQ or Erlang. On Debian and Ubuntu `apt-get download` needs no root; the
packages are unpacked into a cache folder and nothing outside of it is written.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from fairground_common.embedded.failures import PartError

_SCRIPT_FOLDERS = (
    "/usr/lib/rabbitmq/bin",  # Debian, Fedora; the ones in sbin are wrappers that want the system's user
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
    "/opt/rabbitmq/sbin",
)
_ERLANG = "base crypto eldap inets mnesia os-mon parsetools public-key runtime-tools ssl syntax-tools tools xmerl asn1"
_PACKAGES = ("rabbitmq-server", *(f"erlang-{name}" for name in _ERLANG.split()))
_FETCH_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Installation:
    """`scripts` holds rabbitmq-server and rabbitmqctl, `erlang` (when not on PATH) erl and epmd."""

    scripts: Path
    erlang: Path | None = None

    @property
    def path(self) -> str:
        """The PATH its programs run with."""
        here = os.environ.get("PATH", os.defpath)
        return f"{self.erlang}{os.pathsep}{here}" if self.erlang else here

    def program(self, name: str) -> str:
        found = shutil.which(name, path=f"{self.scripts}{os.pathsep}{self.path}")
        if found is None:
            raise PartError(f"RabbitMQ's {name} is missing")
        return found


def find() -> Installation | None:
    """The RabbitMQ installed on this machine, if there is one with its Erlang."""
    if shutil.which("erl") is None:
        return None
    for folder in map(Path, _SCRIPT_FOLDERS):
        if (folder / "rabbitmq-server").exists() and (folder / "rabbitmqctl").exists():
            return Installation(folder)
    return None


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/fairground/rabbitmq`, by default under `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "fairground" / "rabbitmq"


def fetch(cache: Path) -> Installation:
    """Download and unpack RabbitMQ and Erlang into `cache`, once; later calls find them there.

    Raises `PartError` where there is no apt or the packages cannot be had.
    """
    ready = Installation(cache / "usr/lib/rabbitmq/bin", cache / "usr/lib/erlang/bin")
    if (ready.scripts / "rabbitmqctl").exists():
        return ready
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise PartError(f"RabbitMQ cannot be fetched: there is no {tool}")
    cache.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(dir=cache.parent, prefix="fetch-"))
    try:
        _download(work)
        _unpack(work, cache)
    except subprocess.SubprocessError as failed:
        raise PartError(f"RabbitMQ cannot be fetched: {_reason(failed)}") from failed
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return ready


def _download(work: Path) -> None:
    for folder in ("lists/partial", "archives/partial", "state", "packages"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    _run(["apt-get", *_apt_options(work), "update"], work)
    _run(["apt-get", *_apt_options(work), "download", *_PACKAGES], work / "packages")


def _apt_options(work: Path) -> list[str]:
    """Everything apt would write goes into `work`; its sources are the machine's."""
    folders = {
        "Dir::State": work / "state",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work,
        "Dir::Cache::archives": work / "archives",
    }
    plain = {"Debug::NoLocking": "1", "Acquire::Languages": "none", "APT::Sandbox::User": "root"}
    return [
        "-qq",
        *(part for name, value in {**folders, **plain}.items() for part in ("-o", f"{name}={value}")),
    ]


def _unpack(work: Path, target: Path) -> None:
    """Beside the target, then one rename: two test processes may fetch at the same time."""
    root = work / "root"
    for package in sorted((work / "packages").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(root)], work)
    _point_erlang_at(root / "usr/lib/erlang", target / "usr/lib/erlang")
    try:
        root.rename(target)
    except OSError:
        if not (target / "usr/lib/rabbitmq/bin/rabbitmqctl").exists():
            raise


def _point_erlang_at(erlang: Path, final: Path) -> None:
    """Erlang's start scripts carry the folder they were built for."""
    for script in (path for path in erlang.rglob("*") if path.is_file() and not path.is_symlink()):
        content = script.read_bytes()
        if b"ROOTDIR=/usr/lib/erlang" in content and content.startswith(b"#!"):
            script.write_bytes(content.replace(b"ROOTDIR=/usr/lib/erlang", f"ROOTDIR={final}".encode()))


def _run(command: Sequence[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=_FETCH_SECONDS)


def _reason(failed: subprocess.SubprocessError) -> str:
    said = getattr(failed, "stderr", None) or str(failed)
    return str(said).strip().splitlines()[-1]
