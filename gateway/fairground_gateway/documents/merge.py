"""Merging the services' OpenAPI documents into the product's: only what is routed, names made unique. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from fairground_common.errors import FairgroundError
from fairground_gateway.documents.own import OWN_COMPONENTS, OWN_PATHS
from fairground_gateway.documents.refusals import told
from fairground_gateway.routes import GATEWAY, Route
from fairground_gateway.routing import RouteTable

Document = dict[str, Any]

METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_PARAMETER = re.compile(r"\{[^}]*\}")
_SCHEMAS = "#/components/schemas/"
_DESCRIPTION = (
    "Promotion games that anyone can check. Log in at `POST /api/auth/login` and send the access token as a bearer "
    "token. Errors are `application/problem+json`; `code` tells what happened, `/errors/{code}` what to do."
)


def merge(documents: Mapping[str, Document | None], table: RouteTable) -> Document:
    """Return one document. A service whose document is None is named under ``x-missing-services``."""
    missing = sorted(service for service, document in documents.items() if document is None)
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Fairground", "version": "1", "description": _description(missing)},
        "paths": {},
        "components": {name: dict(parts) for name, parts in OWN_COMPONENTS.items()},
    }
    if missing:
        merged["x-missing-services"] = missing
    for service, document in documents.items():
        if document is not None:
            _add(merged, service, document, table)
    _add(merged, GATEWAY, {"paths": OWN_PATHS}, table)
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
        for method, operation in item.items():
            route = route_of(method, path, table)
            if route is not None and route.service == service:
                merged["paths"].setdefault(path, {})[method] = told(_renamed(operation, names), route)


def route_of(method: str, path: str, table: RouteTable) -> Route | None:
    """Return the route an operation of a document is reached by, None when there is no way to it."""
    if method not in METHODS:
        return None
    try:
        return table.find(_PARAMETER.sub("x", path).encode()).get(method.upper())
    except FairgroundError:
        return None


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
