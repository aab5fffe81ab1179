"""The AsyncAPI document: what AsyncAPI 3.0 allows, and what is really on the bus."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from fairground_common.contracts import CONTRACTS, Event
from fairground_common.contracts.asyncapi import asyncapi
from fairground_common.messaging import bundle

HERE = Path(__file__).parent
DOCUMENT = asyncapi()
SPECIFICATION = json.loads((HERE / "asyncapi-3.0.0.schema.json").read_text())


def by_type(contract: type[Event]) -> str:
    return contract.type


def resolved(reference: str) -> Any:
    """Return what a reference within the document points to."""
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def payload_of(contract: type[Event]) -> dict[str, Any]:
    """Return the schema of a message of that type, to be used by itself."""
    message = resolved(DOCUMENT["channels"][contract.type]["messages"]["bundle"]["$ref"])
    return {**message["payload"], "components": DOCUMENT["components"]}


def first_event(contract: type[Event]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((HERE / "events" / f"{contract.type}.json").read_text())
    return event


def test_it_is_a_document_as_asyncapi_specifies_it() -> None:
    faults = [
        f"{'.'.join(map(str, e.path))}: {e.message}" for e in Draft7Validator(SPECIFICATION).iter_errors(DOCUMENT)
    ]
    assert faults == []


def test_every_reference_leads_somewhere() -> None:
    assert references(DOCUMENT)
    for reference in references(DOCUMENT):
        assert resolved(reference)


def test_it_names_who_says_and_who_hears_each_event_and_nothing_else() -> None:
    told = {
        (operation["action"], name.partition(".")[0], operation["channel"]["$ref"].rpartition("/")[2])
        for name, operation in DOCUMENT["operations"].items()
    }
    said = {("send", contract.source, contract.type) for contract in CONTRACTS}
    heard = {("receive", listener, contract.type) for contract in CONTRACTS for listener in contract.listeners}
    assert told == said | heard
    assert set(DOCUMENT["channels"]) == {contract.type for contract in CONTRACTS}


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
def test_a_message_on_the_bus_is_as_it_says(contract: type[Event]) -> None:
    event = first_event(contract)
    body = json.loads(bundle.encode([json.dumps(event)] * bundle.MAX_EVENTS))
    Draft7Validator(payload_of(contract)).validate(body)


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
def test_what_never_is_on_the_bus_is_not_as_it_says(contract: type[Event]) -> None:
    event = first_event(contract)
    first_field = next(iter(event["data"]))
    other = {
        "no bundle": event,
        "nothing": [],
        "too many": [event] * (bundle.MAX_EVENTS + 1),
        "somebody else's": [event | {"source": "auth"}],
        "of another type": [event | {"type": "games.unheard_of.v1"}],
        "without data": [event | {"data": {}}],
        "of another kind": [event | {"data": event["data"] | {first_field: []}}],
    }
    validator = Draft7Validator(payload_of(contract))
    assert [name for name, body in other.items() if validator.is_valid(body)] == []
