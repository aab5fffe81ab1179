"""``docs/events.md``: every event on the bus."""

from fairground_common.contracts import CONTRACTS, Envelope, Event
from fairground_deploy.catalogue.markdown import prose, table
from fairground_deploy.catalogue.schemas import Schema

_HEAD = """\
# Events

<!-- Written by `python -m fairground_deploy.catalogue`; change the contract, not this page. -->

Events travel at least once and in no order. They may only grow: a new field is optional, anything else is a new
`.v2` type. A consumer ignores fields it does not know. Around each event stands the same envelope.

For tools: [asyncapi.json](asyncapi.json), which the gateway serves at `/asyncapi.json`. What the bus promises, and what
to do when it does not get on: [bus.md](bus.md).
"""


def events_page() -> str:
    """Return the event catalogue."""
    envelope = _fields(Envelope.model_json_schema())
    return "\n".join((_HEAD, f"## Envelope\n\n{envelope}", *map(_event_section, CONTRACTS)))


def _event_section(contract: type[Event]) -> str:
    schema = contract.model_json_schema(mode="serialization")
    way = f"From {contract.source} to {', '.join(contract.listeners)}."
    parts = [f"## `{contract.type}`\n\n{prose(contract.__doc__)}\n\n{way}\n\n{_fields(schema)}"]
    for name, definition in schema.get("$defs", {}).items():
        parts.append(f"`{name}`: {definition.get('description', '')}\n\n{_fields(definition)}")
    return "\n".join(parts)


def _fields(schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (f"`{name}`", _type_name(field), "always" if name in required else "may be absent")
        for name, field in schema["properties"].items()
    ]
    return table(("field", "type", "present"), rows)


def _type_name(field: Schema) -> str:
    if "$ref" in field:
        return f"`{field['$ref'].rpartition('/')[2]}`"
    if "anyOf" in field:
        return " or ".join(_type_name(choice) for choice in field["anyOf"] if choice.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type_name(field['items'])}"
    name = str(field.get("type", "the event, below"))
    return f"{name} ({field['format']})" if "format" in field else name
