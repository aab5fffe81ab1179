"""What a setting may be and what it is when unset, in plain words."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_settings import NoDecode

_KINDS: Mapping[str, str] = {
    "boolean": "`true` or `false`",
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "path": "path",
    "password": "secret text",
}
"""By a schema's format, else by its type."""

_BOUNDS = {"minimum", "maximum", "minLength", "maxLength", "pattern"}
_SAID = {"title", "description", "default", "type", "format", "writeOnly", "enum", "anyOf", "items"} | _BOUNDS


def value_in_words(schema: Mapping[str, Any], metadata: Iterable[object] = ()) -> str:
    """Return kind, range and choices. Raises ValueError for a bound there are no words for."""
    if unsaid := schema.keys() - _SAID:
        raise ValueError(f"no words for {', '.join(sorted(unsaid))}")
    if "anyOf" in schema:
        return " or ".join(value_in_words(choice) for choice in schema["anyOf"] if choice["type"] != "null")
    if "enum" in schema:
        return _either([f"`{choice}`" for choice in schema["enum"]])
    if schema["type"] == "array":
        form = "separated by commas" if NoDecode in metadata else "as a JSON list"
        return f"any number of {value_in_words(schema['items'])}s, {form}"
    return ", ".join((_KINDS[schema.get("format", schema["type"])], *_bounds(schema)))


def default_in_words(default: object) -> str:
    """Return a default as it would be written in the environment; pydantic has masked secrets before."""
    if default is None:
        return "not set"
    if default == []:
        return "empty"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _bounds(schema: Mapping[str, Any]) -> Iterable[str]:
    if "minimum" in schema or "maximum" in schema:
        yield _range(schema.get("minimum"), schema.get("maximum"))
    if "minLength" in schema or "maxLength" in schema:
        yield _length(schema.get("minLength"), schema.get("maxLength"))
    if "pattern" in schema:
        yield f"matching `{schema['pattern']}`"


def _length(least: int | None, most: int | None) -> str:
    return "not empty" if (least, most) == (1, None) else f"{_range(least, most)} characters"


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"{low} to {high}"


def _either(choices: list[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"
