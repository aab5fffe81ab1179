"""Events between services: outbox and relay on one side, consumer on the other, a broker between them."""

from fairground_common.messaging.broker import Broker, BrokerAway, DeadLetter, Delivery, Message, NotConfirmed
from fairground_common.messaging.checks import consumer_check, relay_check
from fairground_common.messaging.consumer import Consumer
from fairground_common.messaging.factory import BrokerSettings, declare, open_broker
from fairground_common.messaging.outbox import OUTBOX_STORAGE, emit, outbox_table
from fairground_common.messaging.relay import Relay, RelayState
from fairground_common.messaging.session import ConsumerState, Handler
from fairground_common.messaging.topology import TOPOLOGY, Topology, queue_of

__all__ = [
    "OUTBOX_STORAGE",
    "TOPOLOGY",
    "Broker",
    "BrokerAway",
    "BrokerSettings",
    "Consumer",
    "ConsumerState",
    "DeadLetter",
    "Delivery",
    "Handler",
    "Message",
    "NotConfirmed",
    "Relay",
    "RelayState",
    "Topology",
    "consumer_check",
    "declare",
    "emit",
    "open_broker",
    "outbox_table",
    "queue_of",
    "relay_check",
]
