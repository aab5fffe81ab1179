"""Events between services: what was once said must stay readable, and old ears must understand new words."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fairground_common.contracts import CONTRACTS, Envelope, Event
from fairground_common.ids import new_id
from fairground_common.messaging import TOPOLOGY, bundle, queue_of
from fairground_deploy import catalogue

RECORDED = Path(__file__).parent / "events"
"""One event of each type as it was sent when the type was new, and its schema. Never edited: a test of the past."""
FIRST_FILES = (".json", ".schema.json")


def recorded(contract: type[Event]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((RECORDED / f"{contract.type}.json").read_text())
    return event


def by_type(contract: type[Event]) -> str:
    return contract.type


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
def test_yesterdays_events_are_readable_today(contract: type[Event]) -> None:
    event = recorded(contract)
    envelope = Envelope.model_validate(event)
    assert type(envelope.data) is contract
    assert json.loads(envelope.to_json()) == event


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
def test_tomorrows_fields_are_ignored_today(contract: type[Event]) -> None:
    event = recorded(contract)
    event["tomorrow"] = 1
    event["data"]["tomorrow"] = {"new": True}
    (read,) = bundle.decode(bundle.encode([json.dumps(event)]))
    assert read == Envelope.model_validate(recorded(contract))


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
@pytest.mark.parametrize("with_all_fields", [True, False], ids=["all fields", "needed fields"])
def test_todays_events_are_readable_by_consumers_of_the_first_day(contract: type[Event], with_all_fields: bool) -> None:
    schema = contract.model_json_schema(mode="serialization")
    event = contract.model_validate(an_instance(schema, schema.get("$defs", {}), with_all_fields=with_all_fields))
    sent = json.loads(Envelope.of(event, at=datetime(2026, 1, 1, tzinfo=UTC)).to_json())
    first = json.loads(catalogue.first_schema_file(contract).read_text())
    Draft202012Validator(first["data"]).validate(sent["data"])


SAMPLES: Mapping[str, Any] = {
    "uuid": str(new_id()),
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "boolean": True,
    "integer": 1,
    "string": "text",
}
"""By a schema's format, else by its type."""


def an_instance(schema: Mapping[str, Any], definitions: Mapping[str, Any], *, with_all_fields: bool) -> Any:
    """Return something that keeps a schema: of an object with every field, or with those it must have."""

    def instance(part: Mapping[str, Any]) -> Any:
        return an_instance(part, definitions, with_all_fields=with_all_fields)

    if "$ref" in schema:
        return instance(definitions[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return instance(next(choice for choice in schema["anyOf"] if choice.get("type") != "null"))
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "array":
        return [instance(schema["items"])]
    if schema["type"] == "object":
        names = schema["properties"] if with_all_fields else schema["required"]
        return {name: instance(schema["properties"][name]) for name in names}
    return SAMPLES[schema.get("format", schema["type"])]


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
def test_a_contract_changes_only_by_growing(contract: type[Event]) -> None:
    assert catalogue.faults_of(contract) == []


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
def test_the_recorded_schema_is_the_contracts(contract: type[Event]) -> None:
    file = catalogue.schema_file(contract)
    assert file.read_text() == catalogue.as_text(catalogue.schema_of(contract)), (
        "after an additive change run: python -m fairground_deploy.catalogue"
    )


def test_no_schema_is_recorded_of_an_event_that_is_gone() -> None:
    types = {contract.type for contract in CONTRACTS}
    assert {file.stem for file in catalogue.SCHEMAS.glob("*.json")} == types
    assert {file.name for file in RECORDED.iterdir()} == {f"{each}{end}" for each in types for end in FIRST_FILES}


@pytest.mark.parametrize("contract", CONTRACTS, ids=by_type)
def test_a_contract_names_its_source_and_reaches_its_listeners(contract: type[Event]) -> None:
    source, _, rest = contract.type.partition(".")
    assert source == contract.source
    assert rest.partition(".")[2] == "v1"
    assert contract.__doc__
    heard_in = {queue for kind, queue in TOPOLOGY.bindings() if kind == contract.type}
    assert heard_in == {queue_of(listener) for listener in contract.listeners} != set()


OBJECT: dict[str, Any] = {
    "properties": {"id": {"type": "string", "format": "uuid"}, "reward": {"$ref": "#/$defs/Reward"}},
    "required": ["id", "reward"],
    "$defs": {"Reward": {"properties": {"type": {"enum": ["POINT"]}}, "required": ["type"]}},
}


def changed(*path: str, to: Any) -> dict[str, Any]:
    """Return OBJECT with one value replaced, or removed when ``to`` is None."""
    schema: dict[str, Any] = json.loads(json.dumps(OBJECT))
    place = schema
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return schema


@pytest.mark.parametrize(
    "new",
    [
        OBJECT,
        changed("description", to="told in other words"),
        changed("properties", "note", to={"type": "string", "default": None}),
        changed("$defs", "Reward", "properties", "label", to={"type": "string"}),
    ],
    ids=["nothing", "wording", "optional field", "optional field within"],
)
def test_growing_is_compatible(new: dict[str, Any]) -> None:
    assert catalogue.incompatibilities(OBJECT, new) == []


@pytest.mark.parametrize(
    "new",
    [
        changed("properties", "id", to=None),
        changed("properties", "id", "type", to="integer"),
        changed("properties", "id", "format", to=None),
        changed("required", to=["id"]),
        changed("required", to=["id", "reward", "note"]),
        changed("$defs", "Reward", "properties", "type", "enum", to=["POINT", "XP"]),
        changed("$defs", "Reward", "required", to=[]),
    ],
    ids=["gone", "other type", "other format", "no more required", "newly required", "more values", "within"],
)
def test_any_other_change_is_incompatible(new: dict[str, Any]) -> None:
    assert catalogue.incompatibilities(OBJECT, new)
