"""The product's own processes: what each is told, how it is started, stopped and watched."""

import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from fairground_common.embedded import LOOPBACK, Child, Order
from fairground_common.exits import reason_of
from fairground_common.sockets import BACKLOG, open_socket
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.notices import Notices
from fairground_deploy.services import DATABASE_SERVICES, Program

LOG_KEPT_BYTES = 10 * 1024 * 1024
"""A log larger than this starts anew with the next run; the former one stays beside it."""

_PREFIXES = tuple(f"{service.upper()}_" for service in (*DATABASE_SERVICES, "gateway"))
_RUNNER_ONLY = ("ADMIN_USERNAME", "ADMIN_PASSWORD", "DATA_DIR", "PORT", "AMQP_URL", "BUS_DATABASE_URL", "BROKER")


class ServiceProcess:
    """One process of the product, in a folder of logs. It may be killed and started again.

    Where it has a port, the socket is ours from the first start until it is stopped: whoever calls while no process is
    there waits for the next one.
    """

    def __init__(self, program: Program, environ: Mapping[str, str], logs: Path, *, port: int | None = None) -> None:
        self.program = program
        self.environ = dict(environ)
        self.log = logs / f"{program.name}.log"
        self._port = port
        self._listening: socket.socket | None = None
        self._child: Child | None = None

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def child(self) -> Child:
        if self._child is None:
            raise LocalRunError(f"{self.name} has not been started")
        return self._child

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def start(self) -> None:
        """Start it; whether it becomes ready is told by its own probe. A port that is taken is a LocalRunError."""
        _put_aside_large(self.log)
        if self._port is not None and self._listening is None:
            self._listening = _listening_on(self._port)
        self._child = self._fork()

    def renew(self, *, within: float, patience: float) -> Child:
        """Put a new process in the place of the running one, without a gap: both accept what comes to the socket.

        Returns the former one, which has ended. When the new one does not serve `within` so many seconds the former
        one goes on, and LocalRunError says why.
        """
        former = self.child
        with Notices() as notices:
            new = self._fork(**notices.environ)
            if not notices.heard_ready(new, within=within):
                new.kill()
                raise LocalRunError(f"a new {self.name} did not come up; the end of {self.log}:\n{new.tail()}")
        self._child = new
        former.stop(patience=patience)
        return former

    def ask_to_stop(self) -> None:
        self._close_port()
        if self.alive:
            self.child.send(signal.SIGTERM)

    def stop(self, *, patience: float) -> None:
        """SIGTERM, and after `patience` seconds SIGKILL."""
        self._close_port()
        if self._child is not None:
            self._child.stop(patience=patience)

    def kill(self) -> None:
        """Kill -9, as a crash would."""
        self.child.kill()

    def _fork(self, **more: str) -> Child:
        command = [sys.executable, "-m", self.program.module]
        return Child.start(Order(command, {**self.environ, **more}, listening=self._listening), log=self.log)

    def _close_port(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None


def environment(
    program: Program, *, defaults: Mapping[str, str], inherited: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """Return what a process is told, later wins: defaults of a local run, the runner's environment without other
    services' settings, and what follows from the parts of this run.
    """
    mine = f"{program.owner.upper()}_"
    foreign = tuple(prefix for prefix in _PREFIXES if prefix != mine)
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in _RUNNER_ONLY and (not name.startswith(foreign) or name == "GATEWAY_KEY")
    }
    return {**defaults, **kept, **own, "PYTHONUNBUFFERED": "1"}


def _listening_on(port: int) -> socket.socket:
    try:
        listening = open_socket(LOOPBACK, port)
    except OSError as error:
        raise LocalRunError(f"cannot listen on {LOOPBACK}:{port}: {reason_of(error)}") from None
    listening.listen(BACKLOG)
    return listening


def _put_aside_large(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".log.old"))
