"""Events between services: outbox and relay on one side, consumer on the other, a broker between them."""

from fairground_common.contracts.names import queue_of
from fairground_common.messaging.backlog import COUNT_SECONDS, count_outbox, note_counted, watch_queue
from fairground_common.messaging.broker import (
    Broker,
    BrokerAway,
    Buried,
    DeadLetter,
    Delivery,
    Message,
    NotConfirmed,
    Publisher,
    QueueState,
)
from fairground_common.messaging.checks import consumer_check, events_check, relay_check
from fairground_common.messaging.consumer import Consumer
from fairground_common.messaging.factory import BrokerSettings, declare, open_broker
from fairground_common.messaging.outbox import OUTBOX_STORAGE, emit, outbox_table
from fairground_common.messaging.relay import Relay, RelayState
from fairground_common.messaging.session import ConsumerState, Handler
from fairground_common.messaging.topology import TOPOLOGY, Topology
from fairground_common.messaging.watchdog import BrokerSilent

__all__ = [
    "COUNT_SECONDS",
    "OUTBOX_STORAGE",
    "TOPOLOGY",
    "Broker",
    "BrokerAway",
    "BrokerSettings",
    "BrokerSilent",
    "Buried",
    "Consumer",
    "ConsumerState",
    "DeadLetter",
    "Delivery",
    "Handler",
    "Message",
    "NotConfirmed",
    "Publisher",
    "QueueState",
    "Relay",
    "RelayState",
    "Topology",
    "consumer_check",
    "count_outbox",
    "declare",
    "emit",
    "events_check",
    "note_counted",
    "open_broker",
    "outbox_table",
    "queue_of",
    "relay_check",
    "watch_queue",
]
