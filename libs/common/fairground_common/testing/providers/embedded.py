"""Parts as child processes of the test session. They end with it, however it ends."""

import secrets
from pathlib import Path

from fairground_common.embedded import BrokerUser, PartError, Postgres, RabbitMq, Valkey, rabbitmq_install
from fairground_common.embedded.postgres import UNSAFE_BUT_FAST
from fairground_common.testing.providers import PartMissing


class EmbeddedParts:
    """One server of each kind a session (with pytest-xdist: a worker), in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self.node: RabbitMq | None = None
        """The broker itself, for tests that crash it."""

    def postgres(self) -> str:
        if self._postgres is None:
            options = {**UNSAFE_BUT_FAST, "max_connections": "300"}
            server = Postgres(self._folder / "postgres", password=secrets.token_hex(8), options=options)
            server.start()
            self._postgres = server
        return self._postgres.url

    def valkey(self) -> str:
        if self._valkey is None:
            server = Valkey(self._folder / "valkey")
            server.start()
            self._valkey = server
        return self._valkey.url

    def rabbitmq(self) -> str:
        if self.node is None:
            user = BrokerUser("test", secrets.token_hex(8), tags=["administrator"])
            node = RabbitMq(self._folder / "rabbitmq", _installation(), users=[user])
            node.start()
            self.node = node
        return self.node.url("test")

    def close(self) -> None:
        for part in (self.node, self._valkey, self._postgres):
            if part is not None:
                part.stop()


def _installation() -> rabbitmq_install.Installation:
    try:
        return rabbitmq_install.find() or rabbitmq_install.fetch(rabbitmq_install.cache_folder())
    except PartError as reason:
        raise PartMissing(str(reason)) from reason
