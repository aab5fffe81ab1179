"""Who may do what on RabbitMQ: one user for each service, and one that declares the topology.

A service says its own events and hears its own queue, nothing else; the rights come from the contracts.
"""

from fairground_common.contracts import CONTRACTS
from fairground_common.contracts.names import EXCHANGE
from fairground_common.embedded import BrokerUser, TopicRight
from fairground_common.embedded.rabbitmq_files import definitions
from fairground_common.messaging.topology import TOPOLOGY

__all__ = ["ADMINISTRATOR", "SERVICES", "administrator", "definitions", "service_user"]

ADMINISTRATOR = "fairground"
"""May do everything; used to declare the topology, by nothing that runs on."""

SERVICES = tuple(sorted({part for each in CONTRACTS for part in (each.source, *each.listeners)}))
"""Services that publish or listen."""


def service_user(service: str, password: str) -> BrokerUser:
    """Return the user a service's worker signs in as; it has the service's name."""
    rights = TOPOLOGY.rights(service)
    return BrokerUser(
        service,
        password,
        configure=rights.configure,
        write=rights.write,
        read=rights.read,
        topics=[TopicRight(EXCHANGE, write=rights.topics)],
    )


def administrator(password: str) -> BrokerUser:
    """Return the user who may do everything."""
    return BrokerUser(ADMINISTRATOR, password, tags=["administrator"])
