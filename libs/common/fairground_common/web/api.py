"""A service's HTTP API: FastAPI with our errors, our identity, our probes, and nothing connected at import."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from fairground_common.errors import (
    FairgroundError,
    FieldError,
    InternalError,
    MalformedJson,
    MethodNotAllowed,
    UnknownRoute,
    UnsupportedMediaType,
    ValidationFailed,
)
from fairground_common.readiness import Check, warm_up
from fairground_common.settings import SharedSettings
from fairground_common.web import documents, probes
from fairground_common.web.identity import Caller
from fairground_common.web.keys import KeySource
from fairground_common.web.problem import MEDIA_TYPE, problem_body, problem_headers, status_of
from fairground_common.web.request_scope import RequestScope
from fairground_common.web.tokens import Keys, TokenVerifier

CLIENT_LEFT = 499
"""Said to nobody: it is what logs and numbers call a request whose caller has gone."""

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""Spans and numbers are our own (``telemetry``). The framework would look for a collector at every request."""

Resources = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_api(
    *,
    title: str,
    settings: SharedSettings,
    routers: Sequence[APIRouter],
    resources: Resources,
    keys: Keys | None = None,
) -> FastAPI:
    """Build a service's API.

    ``resources`` opens what the service holds while it runs and puts it on ``app.state`` (at least ``db`` and
    ``checks``, a list). Token verification and its check are set up here, the same for every service; only the auth
    service, which has the keys itself, gives them as ``keys``.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.gateway_key = settings.gateway_key.get_secret_value()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(resources(app))
            source = keys
            if source is None:
                source = await stack.enter_async_context(_keys_of_auth(settings, app.state.checks))
            app.state.verifier = TokenVerifier(source, issuer=settings.token_issuer, audience=settings.token_audience)
            await warm_up(app.state.checks)
            yield

    app = FastAPI(
        title=title,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        telemetry=_NO_TELEMETRY,
    )
    for router in (probes.router, documents.router, *routers):
        app.include_router(router)
    app.add_middleware(RequestScope)
    app.add_exception_handler(FairgroundError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework_refused)
    app.add_exception_handler(ClientDisconnect, _left)
    return app


@asynccontextmanager
async def _keys_of_auth(settings: SharedSettings, checks: list[Check]) -> AsyncIterator[Keys]:
    """Have auth's keys while the block runs. They are no required part: what needs no token goes on without them."""
    source = KeySource(settings.jwks_url, settings.state_dir)
    checks.append(Check("token_keys", source.require_any, required=False))
    fetching = asyncio.create_task(source.fetch_first())
    try:
        yield source
    finally:
        fetching.cancel()
        await asyncio.wait({fetching})


def _operation_id(route: APIRoute) -> str:
    return "_".join((*map(str, route.tags), route.name))


def _answer(error: FairgroundError, request: Request, extra: dict[str, str] | None = None) -> Response:
    return Response(
        problem_body(error, request.url.path),
        status_code=status_of(type(error)),
        media_type=MEDIA_TYPE,
        headers=problem_headers(error) | (extra or {}),
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, FairgroundError)
    return _answer(error, request)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return await _unreadable(request, MalformedJson())
    media_type = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if media_type != "application/json" and any(each["loc"][0] == "body" for each in found):
        return _answer(UnsupportedMediaType(), request)
    return _answer(ValidationFailed(errors=[_field_error(each) for each in found]), request)


async def _unreadable(request: Request, refusal: MalformedJson) -> Response:
    """The framework reads a body before it asks who calls: a stranger is told that they are one all the same."""
    try:
        for asked in request.scope["route"].dependant.dependencies:
            if isinstance(asked.call, Caller):
                await asked.call(request)
    except FairgroundError as refused:
        return _answer(refused, request)
    return _answer(refusal, request)


def _field_error(found: dict[str, Any]) -> FieldError:
    loc = tuple(found["loc"])
    return FieldError(loc[1:] if loc[:1] == ("body",) else loc, found["msg"].removeprefix("Value error, "))


async def _framework_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == status_of(UnknownRoute):
        return _answer(UnknownRoute(), request)
    if error.status_code == status_of(MethodNotAllowed):
        return _answer(MethodNotAllowed(), request, dict(error.headers or {}))
    if error.status_code == status_of(MalformedJson):
        return await _unreadable(request, MalformedJson(str(error.detail)))
    return _answer(InternalError(str(error.detail)), request)


async def _left(_request: Request, _error: Exception) -> Response:
    """The caller hung up before the end of the body: no fault of ours, and nobody is there to be told."""
    return Response(status_code=CLIENT_LEFT)
