"""Refusals as HTTP answers: RFC 9457 problem+json with our code and the request's id.

The one place where kinds of errors meet status codes.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from fairground_common import errors
from fairground_common.context import current_request_id
from fairground_common.errors import FairgroundError

MEDIA_TYPE = "application/problem+json"

Asked = TypeVar("Asked", bound=Callable[..., Any])

STATUS_OF_KIND: Mapping[type[FairgroundError], int] = {
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodRefused: 405,
    errors.SlowRequest: 408,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.LongAddress: 414,
    errors.UnsupportedMedia: 415,
    errors.Invalid: 422,
    errors.RateLimited: 429,
    errors.LargeHead: 431,
    errors.InternalError: 500,
    errors.BadUpstream: 502,
    errors.Unavailable: 503,
    errors.SlowUpstream: 504,
}


def status_of(error: type[FairgroundError]) -> int:
    """Return the status of an error by its kind; an error without a kind is a mistake in the code."""
    for kind in error.__mro__:
        if kind in STATUS_OF_KIND:
            return STATUS_OF_KIND[kind]
    raise TypeError(f"{error.__name__} has no kind")


def problem_document(error: FairgroundError, path: str) -> dict[str, Any]:
    """Return the body of an error answer."""
    document: dict[str, Any] = {
        "type": f"/errors/{error.code}",
        "title": type(error).title(),
        "status": status_of(type(error)),
        "detail": error.detail,
        "instance": path,
        "code": error.code,
        "request_id": current_request_id(),
    }
    if error.errors:
        document["errors"] = [field.as_json() for field in error.errors]
    if error.reason is not None:
        document["reason"] = error.reason
    return document


def problem_body(error: FairgroundError, path: str) -> bytes:
    return msgspec.json.encode(problem_document(error, path))


def problem_headers(error: FairgroundError) -> dict[str, str]:
    """Return the headers an error answer carries besides its content type."""
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return headers


def problems(*refusals: type[FairgroundError]) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses=`` of a route: which codes it may answer with, by status.

    What its dependencies, its body and its parameters may be refused for is added by ``documents``.
    """
    documented: dict[int | str, dict[str, Any]] = {}
    for refusal in refusals:
        add_problem(documented, status_of(refusal), refusal)
    return documented


def add_problem(responses: dict[Any, dict[str, Any]], key: int | str, refusal: type[FairgroundError]) -> None:
    """Name a code among the documented responses, under its status; once, however often it is added."""
    answer = responses.get(key, {})
    if MEDIA_TYPE not in answer.get("content", {}):
        answer = {"description": "", "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
    line = f"`{refusal.code}`: {refusal.title()}"
    if line not in answer["description"]:
        answer["description"] = "\n\n".join(filter(None, (answer["description"], line)))
    responses[key] = answer


def refuses(*refusals: type[FairgroundError]) -> Callable[[Asked], Asked]:
    """Mark a dependency with what it may refuse: every route that asks for it documents that."""

    def mark(dependency: Asked) -> Asked:
        dependency.refusals = refusals  # type: ignore[attr-defined]
        return dependency

    return mark


_SCHEMA = {"$ref": "#/components/schemas/Problem"}

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem document.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "description": "Page that explains the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
        "reason": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"loc": {"type": "array", "items": {}}, "msg": {"type": "string"}},
            },
        },
    },
}
