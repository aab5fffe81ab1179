"""`python -m fairground_deploy.catalogue`: the catalogues of errors and events, written from the code itself.

Writes ``docs/errors.md``, ``docs/events.md`` and the recorded schema of every event. Events may only grow: a schema
is recorded anew when yesterday's consumers can read today's events and today's consumers yesterday's; any other
change needs a new event type. Tests fail when a file is out of step.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from fairground_common.contracts import CONTRACTS, Envelope, Event
from fairground_common.errors import FairgroundError
from fairground_common.web.problem import status_of

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "tests" / "contracts" / "schemas"

PARTS: Mapping[str, str] = {
    "fairground_common": "Any part",
    "fairground_gateway": "Gateway",
    "fairground_auth": "Auth",
    "fairground_games": "Games",
    "fairground_seasonpass": "Season pass",
    "fairground_ranking": "Ranking",
}

Schema = Mapping[str, Any]

_NOT_IMPORTED = {"__main__", "testing", "migrations"}
_SAYS_NOTHING_TO_MACHINES = {"title", "description", "default", "additionalProperties"}
_CHECKED_BY_STRUCTURE = {"$defs", "properties", "required"}

_ERRORS_HEAD = """\
# Errors

<!-- Written by `python -m fairground_deploy.catalogue`; change the class, not this page. -->

Every refusal is an `application/problem+json` document (RFC 9457) with a `code` that never changes its meaning:

```json
{"type": "/errors/LOTTERY_SOLD_OUT", "title": "…", "status": 409, "detail": "…", "instance": "/api/lottery/play",
 "code": "LOTTERY_SOLD_OUT", "request_id": "…"}
```

`errors` (a list of `{loc, msg}`) names wrong fields, `reason` says which of several reasons it was. Quote `request_id`
when you report a problem; it stands in the logs of every part the request passed.
"""

_EVENTS_HEAD = """\
# Events

<!-- Written by `python -m fairground_deploy.catalogue`; change the contract, not this page. -->

Events travel at least once and in no order. They may only grow: a new field is optional, anything else is a new
`.v2` type. A consumer ignores fields it does not know. Around each event stands the same envelope.
"""


def main() -> int:
    """Write every catalogue; return 1 without writing when an event changed incompatibly."""
    broken = [fault for contract in CONTRACTS for fault in faults_of(contract)]
    for fault in broken:
        sys.stderr.write(f"{fault}\n")
    if broken:
        return 1
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


def pages() -> dict[Path, str]:
    """Return every generated file and its text."""
    schemas = {schema_file(contract): as_text(schema_of(contract)) for contract in CONTRACTS}
    return {ROOT / "docs" / "errors.md": errors_page(), ROOT / "docs" / "events.md": events_page(), **schemas}


def all_errors() -> list[type[FairgroundError]]:
    """Return every concrete error of the product, by code."""
    for part in PARTS:
        for _ in _modules(importlib.import_module(part)):
            pass
    return [leaf for leaf in FairgroundError.leaves() if part_of(leaf) in PARTS]


def part_of(leaf: type[FairgroundError]) -> str:
    return leaf.__module__.partition(".")[0]


def errors_page() -> str:
    """Return the error catalogue."""
    leaves = all_errors()
    sections = []
    for part, title in PARTS.items():
        rows = [
            (f"`{leaf.code}`", str(status_of(leaf)), leaf.title(), leaf.advice)
            for leaf in leaves
            if part_of(leaf) == part
        ]
        if rows:
            sections.append(
                f"## {title}\n\n{_table(('code', 'status', 'it means', 'what the client should do'), rows)}"
            )
    return "\n".join((_ERRORS_HEAD, *sections))


def events_page() -> str:
    """Return the event catalogue."""
    envelope = _fields(Envelope.model_json_schema())
    return "\n".join((_EVENTS_HEAD, f"## Envelope\n\n{envelope}", *map(_event_section, CONTRACTS)))


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


def as_text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def faults_of(contract: type[Event]) -> list[str]:
    """Return what makes a contract incompatible with its recorded schema; nothing for a new one."""
    file = schema_file(contract)
    if not file.exists():
        return []
    recorded = json.loads(file.read_text())
    return [f"{contract.type}: {fault}" for fault in incompatibilities(recorded["data"], schema_of(contract)["data"])]


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


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.name.rpartition(".")[2] in _NOT_IMPORTED:
            continue
        module = importlib.import_module(found.name)
        yield module
        if found.ispkg:
            yield from _modules(module)


def _event_section(contract: type[Event]) -> str:
    schema = contract.model_json_schema(mode="serialization")
    listeners = ", ".join(contract.listeners)
    parts = [f"## `{contract.type}`\n\n{_doc(contract)}\n\nFrom {contract.source} to {listeners}.\n\n{_fields(schema)}"]
    for name, definition in schema.get("$defs", {}).items():
        parts.append(f"`{name}`: {definition.get('description', '')}\n\n{_fields(definition)}")
    return "\n".join(parts)


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").replace("``", "`").split())


def _fields(schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (f"`{name}`", _type_name(field), "always" if name in required else "may be absent")
        for name, field in schema["properties"].items()
    ]
    return _table(("field", "type", "present"), rows)


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


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = (head, tuple("---" for _ in head), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n" for row in cells)


if __name__ == "__main__":
    sys.exit(main())
