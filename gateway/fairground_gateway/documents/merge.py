"""Merging the services' OpenAPI documents into the product's: only what is routed, names made unique. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from fairground_common.errors import FairgroundError
from fairground_gateway.routes import Route
from fairground_gateway.routing import RouteTable

Document = dict[str, Any]

METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_PARAMETER = re.compile(r"\{[^}]*\}")
_SCHEMAS = "#/components/schemas/"
_DESCRIPTION = (
    "Promotion games that anyone can check. Log in at `POST /api/auth/login` and send the access token as a bearer "
    "token. Errors are `application/problem+json`; `code` tells what happened, `/errors/{code}` what to do."
)


def merge(documents: Mapping[str, Document | None], table: RouteTable, own_paths: Document) -> Document:
    """Return one document. A service whose document is None is named under ``x-missing-services``."""
    missing = sorted(service for service, document in documents.items() if document is None)
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Fairground", "version": "1", "description": _description(missing)},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
    }
    if missing:
        merged["x-missing-services"] = missing
    for service, document in documents.items():
        if document is not None:
            _add(merged, service, document, table)
    merged["paths"] |= own_paths
    return merged


def _description(missing: list[str]) -> str:
    if not missing:
        return _DESCRIPTION
    return f"{_DESCRIPTION}\n\n**Not reachable at the moment, so not listed:** {', '.join(missing)}."


def _add(merged: Document, service: str, document: Document, table: RouteTable) -> None:
    components = document.get("components", {})
    schemas: Document = components.get("schemas", {})
    known: Document = merged["components"]["schemas"]
    names = _new_names(service, schemas, known)
    known |= {names.get(name, name): _renamed(schema, names) for name, schema in schemas.items()}
    merged["components"]["securitySchemes"] |= components.get("securitySchemes", {})
    for path, item in document.get("paths", {}).items():
        routed = {method: each for method, each in item.items() if _is_routed(method, path, service, table)}
        if routed:
            merged["paths"].setdefault(path, {}).update(_renamed(routed, names))


def _is_routed(method: str, path: str, service: str, table: RouteTable) -> bool:
    if method not in METHODS:
        return False
    try:
        routes = table.find(_PARAMETER.sub("x", path).encode())
    except FairgroundError:
        return False
    route: Route | None = routes.get(method.upper())
    return route is not None and route.service == service


def _new_names(service: str, schemas: Document, known: Document) -> dict[str, str]:
    """Return new names for schemas that differ from a known one of the same name, themselves or in what they use."""
    names: dict[str, str] = {}
    while True:
        clashing = {
            name
            for name, schema in schemas.items()
            if name not in names and name in known and _renamed(schema, names) != known[name]
        }
        if not clashing:
            return names
        names |= {name: f"{service}_{name}" for name in clashing}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _reference(each, names) if key == "$ref" else _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return value


def _reference(target: Any, names: Mapping[str, str]) -> Any:
    if isinstance(target, str) and target.startswith(_SCHEMAS):
        name = target.removeprefix(_SCHEMAS)
        return _SCHEMAS + names.get(name, name)
    return target
