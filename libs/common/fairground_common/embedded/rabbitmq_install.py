"""Where RabbitMQ comes from: installed on the machine, or fetched without root from Debian's packages.

No Python registry carries RabbitMQ or Erlang.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from fairground_common.embedded import debian
from fairground_common.embedded.failures import PartError

_SCRIPT_FOLDERS = (
    "/usr/lib/rabbitmq/bin",  # Debian, Fedora; the ones in sbin are wrappers that want the system's user
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
    "/opt/rabbitmq/sbin",
)
_ERLANG = "base crypto eldap inets mnesia os-mon parsetools public-key runtime-tools ssl syntax-tools tools xmerl asn1"
_PACKAGES = ("rabbitmq-server", *(f"erlang-{name}" for name in _ERLANG.split()))


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
    """Where a fetched RabbitMQ is kept."""
    return debian.cache_folder("rabbitmq")


def fetch(cache: Path) -> Installation:
    """Download and unpack RabbitMQ and Erlang into `cache`, once; later calls find them there.

    Raises `PartError` where there is no apt or the packages cannot be had.
    """
    erlang = cache / "usr/lib/erlang"
    fetched = Installation(cache / "usr/lib/rabbitmq/bin", erlang / "bin")
    if not (fetched.scripts / "rabbitmqctl").exists():
        debian.fetch_packages(_PACKAGES, cache, lambda root: _move_erlang(root / "usr/lib/erlang", erlang))
    return fetched


def _move_erlang(unpacked: Path, final: Path) -> None:
    """Erlang's start scripts carry the folder they were built for."""
    for script in (path for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink()):
        content = script.read_bytes()
        if b"ROOTDIR=/usr/lib/erlang" in content and content.startswith(b"#!"):
            script.write_bytes(content.replace(b"ROOTDIR=/usr/lib/erlang", f"ROOTDIR={final}".encode()))
