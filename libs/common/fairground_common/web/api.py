"""A service's HTTP API: FastAPI with our errors, our identity, our probes, and nothing connected at import."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

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
from fairground_common.readiness import Check
from fairground_common.settings import SharedSettings
from fairground_common.web import probes
from fairground_common.web.keys import KeySource
from fairground_common.web.problem import MEDIA_TYPE, PROBLEM_SCHEMA, problem_body, problem_headers, status_of
from fairground_common.web.request_scope import RequestScope
from fairground_common.web.tokens import Keys, TokenVerifier

Resources = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_api(
    *,
    title: str,
    settings: SharedSettings,
    routers: Sequence[APIRouter],
    resources: Resources,
    keys: Keys | None = None,
    shortcut: Callable[[ASGIApp], ASGIApp] | None = None,
) -> FastAPI:
    """Build a service's API.

    ``resources`` opens what the service holds while it runs and puts it on ``app.state`` (at least ``db`` and
    ``checks``, a list). Token verification and its check are set up here, the same for every service; only the auth
    service, which has the keys itself, gives them as ``keys``. ``shortcut`` wraps the routes: it may answer a request
    before the framework sees it, and hands on what it does not answer.
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
            yield

    app = FastAPI(
        title=title,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    for router in (probes.router, *routers):
        app.include_router(router)
    if shortcut is not None:
        app.add_middleware(shortcut)
    app.add_middleware(RequestScope)
    app.add_exception_handler(FairgroundError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework_refused)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
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
        return _answer(MalformedJson(), request)
    media_type = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if media_type != "application/json" and any(each["loc"][0] == "body" for each in found):
        return _answer(UnsupportedMediaType(), request)
    return _answer(ValidationFailed(errors=[_field_error(each) for each in found]), request)


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
        return _answer(MalformedJson(str(error.detail)), request)
    return _answer(InternalError(str(error.detail)), request)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version="1", routes=app.routes)
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
        app.openapi_schema = document
    return app.openapi_schema
