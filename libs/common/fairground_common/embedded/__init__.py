"""Real parts as child processes, for `make run` and for tests; standard library only."""

from fairground_common.embedded.children import Child, Order
from fairground_common.embedded.failures import PartError
from fairground_common.embedded.ports import LOOPBACK, free_port, port_is_free
from fairground_common.embedded.postgres import Postgres
from fairground_common.embedded.rabbitmq import RabbitMq
from fairground_common.embedded.rabbitmq_files import BrokerUser, TopicRight
from fairground_common.embedded.valkey import Valkey

__all__ = [
    "LOOPBACK",
    "BrokerUser",
    "Child",
    "Order",
    "PartError",
    "Postgres",
    "RabbitMq",
    "TopicRight",
    "Valkey",
    "free_port",
    "port_is_free",
]
