"""Declaring the topology, with whatever broker the environment names."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from fairground_common.messaging import declare


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """The two settings that name a broker."""

    amqp_url: SecretStr | None
    bus_database_url: SecretStr | None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "BrokerAddress":
        return cls(_secret(environ.get("AMQP_URL")), _secret(environ.get("BUS_DATABASE_URL")))


async def declare_topology(environ: Mapping[str, str]) -> None:
    """Declare exchanges, queues and bindings; again changes nothing. No address at all is a ValueError."""
    await declare(BrokerAddress.of(environ))


def _secret(value: str | None) -> SecretStr | None:
    return SecretStr(value) if value else None
