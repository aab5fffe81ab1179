"""The recorded schemas of every event, and what a newer one may differ in.

Events may only grow: a schema is recorded anew when yesterday's consumers can read today's events and today's
consumers yesterday's; any other change needs a new event type. The schema an event type had when it was new is kept
for ever beside the first event that was sent: however often a contract grows, it is held to its beginning.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fairground_common.contracts import Event
from fairground_deploy.catalogue.parts import ROOT

SCHEMAS = ROOT / "tests" / "contracts" / "schemas"
FIRST = ROOT / "tests" / "contracts" / "events"

Schema = Mapping[str, Any]

_SAYS_NOTHING_TO_MACHINES = {"title", "description", "default", "additionalProperties"}
_CHECKED_BY_STRUCTURE = {"$defs", "properties", "required"}


def schema_of(contract: type[Event]) -> dict[str, Any]:
    """Return what is recorded of a contract: who says it, who listens, and what its data look like."""
    return {
        "type": contract.type,
        "source": contract.source,
        "listeners": list(contract.listeners),
        "data": contract.model_json_schema(mode="serialization"),
    }


def schema_file(contract: type[Event]) -> Path:
    return SCHEMAS / f"{contract.type}.json"


def first_schema_file(contract: type[Event]) -> Path:
    return FIRST / f"{contract.type}.schema.json"


def as_text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def faults_of(contract: type[Event]) -> list[str]:
    """Return what makes a contract incompatible with a recorded schema of it; nothing for a new one."""
    files = [file for file in (schema_file(contract), first_schema_file(contract)) if file.exists()]
    recorded = [json.loads(file.read_text()) for file in files]
    today = schema_of(contract)["data"]
    faults = dict.fromkeys(fault for each in recorded for fault in incompatibilities(each["data"], today))
    return [f"{contract.type}: {fault}" for fault in faults]


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """Return why two versions of a schema cannot read each other's events; nothing when they can."""
    return list(_differences(old, new, old.get("$defs", {}), new.get("$defs", {}), "data"))


def _differences(old: Schema, new: Schema, olds: Schema, news: Schema, at: str) -> Iterator[str]:
    old, new = _resolved(old, olds), _resolved(new, news)
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before.keys() - after.keys():
        yield f"{at}.{name} is gone"
    for name in sorted(set(old.get("required", ())) ^ set(new.get("required", ()))):
        if name in new.get("required", ()):
            yield f"{at}.{name} is required now; events without it are on their way"
        elif name in after:
            yield f"{at}.{name} may be missing now; consumers rely on it"
    for name in before.keys() & after.keys():
        yield from _differences(before[name], after[name], olds, news, f"{at}.{name}")
    if "items" in old and "items" in new:
        yield from _differences(old["items"], new["items"], olds, news, f"{at}[]")
    for key in sorted((old.keys() | new.keys()) - _SAYS_NOTHING_TO_MACHINES - _CHECKED_BY_STRUCTURE - {"items"}):
        if old.get(key) != new.get(key):
            yield f"{at}: {key} was {old.get(key)!r} and is {new.get(key)!r}"


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference: str | None = schema.get("$ref")
    return schema if reference is None else definitions[reference.rpartition("/")[2]]
