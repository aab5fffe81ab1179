"""RabbitMQ as a private node: own data folder, own epmd, loopback ports, no system user, no system service.

Promise: `start()` returns when the node speaks AMQP; queues and messages in the folder survive a restart (the
node's name is what they belong to, so it stays the same while ports may change).
"""

import contextlib
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from fairground_common.embedded.children import Child, Order, run_to_end
from fairground_common.embedded.failures import PartError
from fairground_common.embedded.orphans import end_orphan
from fairground_common.embedded.ports import LOOPBACK, free_port
from fairground_common.embedded.rabbitmq_files import BrokerUser, configuration, definitions
from fairground_common.embedded.rabbitmq_install import Installation

_POLL_SECONDS = 0.1
_AMQP_HELLO = b"AMQP\x00\x00\x09\x01"
_ONE_SCHEDULER_A_CORE = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
_LOOPBACK_ERLANG = "-kernel inet_dist_use_interface {127,0,0,1}"


class RabbitMq:
    """One node in `folder`, with exactly these `users`."""

    def __init__(
        self,
        folder: Path,
        installation: Installation,
        *,
        users: Sequence[BrokerUser],
        port: int | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self.installation = installation
        self._users = {user.name: user for user in users}
        self._epmd_port, self._distribution_port = free_port(), free_port()
        self._child: Child | None = None
        self._epmd: Child | None = None

    def url(self, user: str) -> str:
        """The AMQP URL of one of its users."""
        return f"amqp://{user}:{quote(self._users[user].password, safe='')}@{LOOPBACK}:{self.port}/"

    @property
    def child(self) -> Child:
        """The Erlang process itself: a kill -9 of it is a crash of the broker."""
        if self._child is None:
            raise PartError("RabbitMQ has not been started")
        return self._child

    def start(self, *, patience: float = 90.0) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        end_orphan(self._pid_file, mark=str(self.folder), ask=signal.SIGTERM)
        self._write_files()
        self._start_epmd()
        server = self.installation.program("rabbitmq-server")
        order = Order([server], self._environ(), self.folder, death_signal=signal.SIGTERM)
        self._child = Child.start(order, log=self._log)
        self._pid_file.write_text(f"{self._child.pid}\n")
        self._wait_until_ready(time.monotonic() + patience)

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(signal.SIGTERM, patience=20)
            self._pid_file.unlink(missing_ok=True)
        if self._epmd is not None:
            self._epmd.kill()

    def control(self, *arguments: str) -> str:
        """Run `rabbitmqctl` against the node (it takes a second) and return what it printed."""
        command = [self.installation.program("rabbitmqctl"), "--quiet", *arguments]
        return run_to_end(Order(command, self._environ(), self.folder))

    @property
    def _pid_file(self) -> Path:
        return self.folder / "node.pid"

    @property
    def _log(self) -> Path:
        return self.folder / "start.log"

    def _write_files(self) -> None:
        (self.folder / "rabbitmq.conf").write_text(configuration(self.folder, self.port))
        (self.folder / "enabled_plugins").write_text("[].\n")
        secret = self.folder / "definitions.json"
        secret.touch(mode=0o600)
        secret.write_text(definitions(list(self._users.values())))

    def _start_epmd(self) -> None:
        """In the foreground and before the node, which would start one that outlives everything.

        It survives a crash of the node, and serves the next one.
        """
        if self._epmd is not None and self._epmd.alive:
            return
        flags = ["-port", str(self._epmd_port), "-address", LOOPBACK]
        order = Order([self.installation.program("epmd"), *flags], self._environ(), self.folder)
        self._epmd = Child.start(order, log=self._log)

    def _environ(self) -> Mapping[str, str]:
        own = {
            "PATH": self.installation.path,
            "HOME": str(self.folder),  # the Erlang cookie lives there
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_CRASH_DUMP_SECONDS": "0",
            # As under systemd: the script becomes the Erlang process instead of waiting for it as a parent.
            "RUNNING_UNDER_SYSTEMD": "true",
        }
        return own | {f"RABBITMQ_{name}": value for name, value in self._node_settings().items()}

    def _node_settings(self) -> dict[str, str]:
        here = self.folder
        return {
            "NODENAME": "fairground@localhost",
            "NODE_IP_ADDRESS": LOOPBACK,
            "NODE_PORT": str(self.port),
            "DIST_PORT": str(self._distribution_port),
            "MNESIA_BASE": str(here / "mnesia"),
            "LOG_BASE": str(here / "log"),
            "GENERATED_CONFIG_DIR": str(here / "generated"),
            "CONFIG_FILE": str(here / "rabbitmq"),
            "ADVANCED_CONFIG_FILE": str(here / "advanced"),
            "CONF_ENV_FILE": str(here / "no-env-file"),
            "ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "SERVER_ADDITIONAL_ERL_ARGS": f"{_LOOPBACK_ERLANG} {_ONE_SCHEDULER_A_CORE}",
        }

    def _wait_until_ready(self, deadline: float) -> None:
        while not speaks_amqp(LOOPBACK, self.port):
            if not self.child.alive or time.monotonic() > deadline:
                self.stop()
                raise PartError(f"RabbitMQ did not start:\n{self.child.tail()}")
            time.sleep(_POLL_SECONDS)


def speaks_amqp(host: str, port: int) -> bool:
    """Whether an AMQP 0-9-1 broker answers there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=2) as connection:
        connection.sendall(_AMQP_HELLO)
        return connection.recv(1) == b"\x01"  # a method frame: Connection.Start
    return False
