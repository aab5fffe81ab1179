"""Parts in containers, through testcontainers. Images: POSTGRES_IMAGE, REDIS_IMAGE, RABBITMQ_IMAGE."""

import os
import secrets
import time
from contextlib import ExitStack

from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.container import DockerContainer

from fairground_common.embedded.rabbitmq import speaks_amqp
from fairground_common.testing.providers import PartMissing

_POSTGRES_PORT = 5432
_AMQP_PORT = 5672
_REDIS_PORT = 6379
_READY_SECONDS = 60


class ContainerParts:
    """One container of each kind a session."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._urls: dict[str, str] = {}

    def postgres(self) -> str:
        return self._urls.get("postgres") or self._start_postgres()

    def valkey(self) -> str:
        return self._urls.get("valkey") or self._start_valkey()

    def rabbitmq(self) -> str:
        return self._urls.get("rabbitmq") or self._start_rabbitmq()

    def close(self) -> None:
        self._running.close()
        self._urls.clear()

    def _start_postgres(self) -> str:
        image = os.environ.get("POSTGRES_IMAGE", "postgres:17-alpine")
        password = secrets.token_hex(8)
        container = PostgresContainer(image, username="postgres", password=password, dbname="postgres", driver=None)
        container.with_command("-c fsync=off -c max_connections=300")
        self._running.enter_context(container)
        self._urls["postgres"] = str(container.get_connection_url())
        return self._urls["postgres"]

    def _start_valkey(self) -> str:
        container = RedisContainer(os.environ.get("REDIS_IMAGE", "redis:7-alpine"))
        self._running.enter_context(container)
        host, port = container.get_container_host_ip(), container.get_exposed_port(_REDIS_PORT)
        self._urls["valkey"] = f"redis://{host}:{port}/0"
        return self._urls["valkey"]

    def _start_rabbitmq(self) -> str:
        """A plain container: the ready-made one would bring a second AMQP client along."""
        container = DockerContainer(os.environ.get("RABBITMQ_IMAGE", "rabbitmq:4-alpine"))
        container.with_env("RABBITMQ_DEFAULT_USER", "test").with_env("RABBITMQ_DEFAULT_PASS", "test")
        container.with_exposed_ports(_AMQP_PORT)
        self._running.enter_context(container)
        host, port = container.get_container_host_ip(), int(container.get_exposed_port(_AMQP_PORT))
        _wait_for_amqp(host, port)
        self._urls["rabbitmq"] = f"amqp://test:test@{host}:{port}/"
        return self._urls["rabbitmq"]


def _wait_for_amqp(host: str, port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not speaks_amqp(host, port):
        if time.monotonic() > deadline:
            raise PartMissing("the RabbitMQ container does not speak AMQP")
        time.sleep(0.2)
