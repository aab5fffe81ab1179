"""The merged document as OpenAPI 3.0, which is all the bundled Swagger UI reads. Pure.

Only what our services' documents contain is translated: nullable types, constants, examples, exclusive bounds.
"""

from typing import Any

from fairground_gateway.documents.merge import Document

_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def as_openapi_30(document: Document) -> Document:
    """Return the same API told in OpenAPI 3.0.3."""
    translated: Document = _translated(document)
    return translated | {"openapi": "3.0.3"}


def _translated(value: Any) -> Any:
    if isinstance(value, list):
        return [_translated(each) for each in value]
    if not isinstance(value, dict):
        return value
    return _as_schema_30({key: _translated(each) for key, each in value.items()})


def _as_schema_30(schema: Document) -> Document:
    for key in ("anyOf", "oneOf", "type"):
        if isinstance(schema.get(key), list):
            schema = _without_null(schema, key)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("examples"), list):
        schema["example"] = schema.pop("examples")[0]
    for exclusive, inclusive in _BOUNDS.items():
        if isinstance(schema.get(exclusive), int | float) and not isinstance(schema[exclusive], bool):
            schema |= {inclusive: schema[exclusive], exclusive: True}
    return schema


def _without_null(schema: Document, key: str) -> Document:
    choices: list[Any] = schema[key]
    kept = [choice for choice in choices if choice not in ("null", {"type": "null"})]
    rest = {name: value for name, value in schema.items() if name != key}
    if len(kept) < len(choices):
        rest["nullable"] = True
    if key == "type":
        return rest | ({"type": kept[0]} if len(kept) == 1 else {"anyOf": [{"type": each} for each in kept]})
    if len(kept) == 1 and "$ref" not in kept[0]:
        return {**kept[0], **rest}
    return rest | {("allOf" if len(kept) == 1 else key): kept}
