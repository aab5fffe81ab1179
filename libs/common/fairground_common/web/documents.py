"""A service's OpenAPI document.

A route lists its own refusals. What it asks for in its signature says the rest: whose token, which role, and what
a body, a parameter or a key may be refused for. So none of that can be forgotten, or say anything but what is checked.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from fairground_common.errors import FairgroundError, MalformedJson, UnsupportedMediaType, ValidationFailed
from fairground_common.web.identity import Caller
from fairground_common.web.problem import MEDIA_TYPE, PROBLEM_SCHEMA, add_problem, status_of
from fairground_common.web.tokens import PLAYER

Document = dict[str, Any]

_BEARER: Document = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Document:
    """Making it takes the better part of a second, once: plays go on meanwhile."""
    return await asyncio.to_thread(openapi_of, request.app)


def openapi_of(app: FastAPI) -> Document:
    """Return the document of a service, made at the first call."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> Document:
    document = get_openapi(title=app.title, version="1", routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _OF_THE_FRAMEWORK:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    components["securitySchemes"] = {"bearer": _BEARER}
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(document["paths"][route.path_format][method.lower()], route)
    return document


def _complete(operation: Document, route: RouteContext) -> None:
    asked = list(_asked(route.dependant))
    for caller in asked:
        if isinstance(caller, Caller):
            _tell_who(operation, caller)
    responses: dict[str, Document] = operation["responses"]
    if MEDIA_TYPE not in responses.get("422", {}).get("content", {}):
        responses.pop("422", None)  # the framework's, whose shape is not ours
    for refusal in (*_of_input(operation, route), *(each for call in asked for each in getattr(call, "refusals", ()))):
        add_problem(responses, str(status_of(refusal)), refusal)
    operation["responses"] = dict(sorted(responses.items()))


def _tell_who(operation: Document, caller: Caller) -> None:
    """Name the role as OpenAPI 3.1 does for a bearer token, and for readers in the text."""
    if caller.role is None:
        operation["security"] = [{"bearer": []}, {}]
        return
    operation["security"] = [{"bearer": [] if caller.role == PLAYER else [caller.role]}]
    if caller.role != PLAYER:
        told = f"Needs the role {caller.role}."
        operation["description"] = "\n\n".join(filter(None, (operation.get("description"), told)))


def _of_input(operation: Document, route: RouteContext) -> Iterator[type[FairgroundError]]:
    if route.body_field is not None:
        yield from (MalformedJson, UnsupportedMediaType, ValidationFailed)
    if any(_may_be_wrong(parameter) for parameter in operation.get("parameters", ())):
        yield ValidationFailed


def _may_be_wrong(parameter: Document) -> bool:
    """A path takes any text, and headers are judged by the dependencies that read them."""
    schema = parameter["schema"]
    any_text = schema.get("type") == "string" and schema.keys() <= {"type", "title", "examples"}
    return parameter["in"] != "header" and not any_text


def _asked(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _asked(each)
