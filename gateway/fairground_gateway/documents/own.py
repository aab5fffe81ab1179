"""The operations the gateway answers by itself, as OpenAPI. Pure."""

from typing import Any

from fairground_common import errors
from fairground_common.errors import FairgroundError
from fairground_common.web.problem import PROBLEM_SCHEMA, add_problem, status_of
from fairground_common.web.tokens import OPERATOR
from fairground_gateway.routes import SERVICES

Operation = dict[str, Any]


def _operation(name: str, summary: str, content: dict[str, Any], **more: Any) -> dict[str, Operation]:
    responses = {"200": {"description": summary, "content": content}, **more.pop("responses", {})}
    return {"get": {"tags": ["gateway"], "summary": summary, "operationId": name, "responses": responses, **more}}


def _json(**properties: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if properties:
        schema |= {"required": list(properties), "properties": properties}
    return {"application/json": {"schema": schema}}


def _problem(refusal: type[FairgroundError]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    add_problem(responses, str(status_of(refusal)), refusal)
    return responses


def _named(name: str, *values: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "examples": list(values)}}]


_HTML: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
_STATUS = {"type": "string", "enum": ["ready", "degraded", "unready"]}
_READY = _json(status=_STATUS, checks={"type": "object", "additionalProperties": {"type": "string"}})
_FILES: dict[str, Any] = {
    media_type: {"schema": {"type": "string"}} for media_type in ("text/javascript", "text/css", "image/png")
}
_PARTS = {name: {"type": ["object", "null"]} for name in SERVICES}
_PLAYER: dict[str, Any] = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["user_id", "missing"],
            "properties": {
                "user_id": {"type": "integer"},
                "missing": {"type": "array", "items": {"enum": list(SERVICES)}},
                **_PARTS,
            },
        }
    }
}
_USER_ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}

OWN_PATHS: dict[str, dict[str, Operation]] = {
    "/": _operation("gateway_start", "The start page", _HTML),
    "/livez": _operation("gateway_live", "Whether this process answers", _json(status={"const": "ok"})),
    "/readyz": _operation(
        "gateway_ready",
        "Whether the whole product is ready",
        _READY,
        responses={"503": {"description": "A part that is needed is away.", "content": _READY}},
    ),
    "/openapi.json": _operation("gateway_openapi", "This document", _json()),
    "/asyncapi.json": _operation("gateway_asyncapi", "The events between services, as AsyncAPI", _json()),
    "/docs": _operation("gateway_docs", "This document, to read and to try", _HTML),
    "/docs/static/{file}": _operation(
        "gateway_docs_file",
        "A file of the documentation page",
        _FILES,
        parameters=_named("file", "swagger-ui.css"),
        responses=_problem(errors.UnknownRoute),
    ),
    "/errors/{code}": _operation(
        "gateway_error",
        "What an error code means, and what to do about it",
        _HTML,
        parameters=_named("code", "DAILY_LIMIT_REACHED"),
        responses=_problem(errors.UnknownRoute),
    ),
    "/api/admin/players/{user_id}": _operation(
        "gateway_player",
        "One player as all services know them",
        _PLAYER,
        description="null is a service that does not know the player; one that is away is named under `missing`.\n\n"
        "Needs the role operator.",
        security=[{"bearer": [OPERATOR]}],
        parameters=[{"name": "user_id", "in": "path", "required": True, "schema": _USER_ID}],
        responses=_problem(errors.ValidationFailed),
    ),
}
"""By path, as the table of routes has them."""

OWN_COMPONENTS: dict[str, Any] = {
    "schemas": {"Problem": PROBLEM_SCHEMA},
    "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
}
