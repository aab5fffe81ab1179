"""The contracts as an AsyncAPI 3.0 document: for tools, and for people who write another listener.

It describes the product as a whole: each service that says an event sends it, each that listens receives it.
"""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from fairground_common.contracts.envelope import Envelope
from fairground_common.contracts.event import Event
from fairground_common.contracts.names import EXCHANGE, MOST_BUNDLED, queue_of
from fairground_common.contracts.registry import CONTRACTS

Document = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_AMQP = "0.3.0"
"""Version of AsyncAPI's AMQP bindings."""

_DESCRIPTION = (
    "What the services of Fairground tell one another. Delivery is at least once and in no order: whoever listens knows"
    " an event by its `event_id` and applies it once. Contracts only grow: ignore fields you do not know; anything but"
    " a new optional field is a new type."
)


def asyncapi() -> Document:
    """Return the document; the same contracts give the same one."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Fairground events", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {"rabbitmq": _server()},
        "channels": {contract.type: _channel(contract) for contract in CONTRACTS},
        "operations": {name: each for contract in CONTRACTS for name, each in _operations(contract).items()},
        "components": {
            "messages": {contract.type: _message(contract) for contract in CONTRACTS},
            "schemas": _schemas(),
        },
    }


def _server() -> Document:
    described = "RabbitMQ, where AMQP_URL says. Not used with the embedded broker, whose tables nobody else reads."
    return {"host": "rabbitmq:5672", "protocol": "amqp", "protocolVersion": "0.9.1", "description": described}


def _channel(contract: type[Event]) -> Document:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": contract.type,
        "description": _prose(contract),
        "messages": {"bundle": {"$ref": f"#/components/messages/{contract.type}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": _AMQP}},
    }


def _operations(contract: type[Event]) -> dict[str, Document]:
    channel = {"channel": {"$ref": f"#/channels/{contract.type}"}}
    said = {"summary": f"{contract.source} says it", "bindings": _amqp(deliveryMode=2, mandatory=True)}
    operations = {f"{contract.source}.says.{contract.type}": {"action": "send", **channel, **said}}
    for service in contract.listeners:
        heard = {"summary": f"{service} listens, on the queue {queue_of(service)}", "bindings": _amqp(ack=True)}
        operations[f"{service}.hears.{contract.type}"] = {"action": "receive", **channel, **heard}
    return operations


def _message(contract: type[Event]) -> Document:
    item = {"$ref": f"{_SCHEMAS}{contract.__name__}Envelope"}
    return {
        "name": contract.type,
        "title": f"Events of type {contract.type}",
        "summary": _prose(contract),
        "contentType": "application/json",
        "payload": {"type": "array", "minItems": 1, "maxItems": MOST_BUNDLED, "items": item},
    }


def _schemas() -> Document:
    """Return the events' data with all they use, and around each of them its envelope."""
    models = [(contract, "serialization") for contract in CONTRACTS]
    _, named = models_json_schema(models, ref_template=f"{_SCHEMAS}{{model}}")  # type: ignore[arg-type]
    envelopes = {f"{contract.__name__}Envelope": _envelope(contract) for contract in CONTRACTS}
    return {**named["$defs"], **envelopes}


def _envelope(contract: type[Event]) -> Document:
    schema = Envelope.model_json_schema()
    fixed: Mapping[str, Document] = {
        "type": {"const": contract.type},
        "source": {"const": contract.source},
        "data": {"$ref": f"{_SCHEMAS}{contract.__name__}"},
    }
    return {**schema, "title": f"{contract.__name__}Envelope", "properties": {**schema["properties"], **fixed}}


def _amqp(**binding: Any) -> Document:
    return {"amqp": {**binding, "bindingVersion": _AMQP}}


def _prose(contract: type[Event]) -> str:
    return " ".join((contract.__doc__ or "").replace("``", "`").split())
