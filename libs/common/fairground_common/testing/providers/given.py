"""Parts somebody else runs, given by URL."""

import os

from fairground_common.testing.providers import PartMissing


class GivenParts:
    """Reads FAIRGROUND_TEST_POSTGRES_URL (a superuser's), FAIRGROUND_TEST_REDIS_URL, FAIRGROUND_TEST_AMQP_URL."""

    def postgres(self) -> str:
        return _given("FAIRGROUND_TEST_POSTGRES_URL")

    def valkey(self) -> str:
        return _given("FAIRGROUND_TEST_REDIS_URL")

    def rabbitmq(self) -> str:
        return _given("FAIRGROUND_TEST_AMQP_URL")

    def close(self) -> None:
        """They are not ours to end."""


def _given(name: str) -> str:
    url = os.environ.get(name)
    if not url:
        raise PartMissing(f"{name} is not set")
    return url
