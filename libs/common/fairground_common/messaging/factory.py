"""Which broker: RabbitMQ where an address is given, else the embedded one."""

from typing import Protocol

from pydantic import SecretStr

from fairground_common.messaging import embedded, rabbitmq, rabbitmq_topology
from fairground_common.messaging.broker import Broker
from fairground_common.messaging.topology import TOPOLOGY, Topology


class BrokerSettings(Protocol):
    """The two settings that name a broker; AMQP_URL wins."""

    @property
    def amqp_url(self) -> SecretStr | None: ...

    @property
    def bus_database_url(self) -> SecretStr | None: ...


def open_broker(settings: BrokerSettings, *, name: str) -> Broker:
    """Return the broker of a process called ``name``; it connects when first used. No address is a ValueError."""
    if settings.amqp_url is not None:
        return rabbitmq.RabbitBroker(settings.amqp_url.get_secret_value(), name=name)
    return embedded.EmbeddedBroker(_bus_database(settings), name=name)


async def declare(settings: BrokerSettings, topology: Topology = TOPOLOGY) -> None:
    """Declare exchanges, queues and bindings, or tables; again changes nothing. Raises BrokerAway."""
    if settings.amqp_url is not None:
        await rabbitmq_topology.declare(settings.amqp_url.get_secret_value(), topology)
    else:
        await embedded.declare(_bus_database(settings), topology)


def _bus_database(settings: BrokerSettings) -> str:
    if settings.bus_database_url is None:
        raise ValueError("set AMQP_URL (RabbitMQ) or BUS_DATABASE_URL (embedded broker)")
    return settings.bus_database_url.get_secret_value()
