"""The gateway as an ASGI application: what happens to a request, in order.

Path in plain form and known → method → headers acceptable → host → token → rate limit → body read → service asked.
Nothing is asked of a service before everything before it has passed; ``edge`` has looked at the bytes before all of it.
No framework works on this path: a request costs one pass over its headers, a few dictionary look-ups and the exchange.
"""

from collections.abc import Awaitable, Callable

import structlog
from starlette.types import Message, Receive, Scope, Send

from fairground_common.context import enter_request
from fairground_common.errors import FairgroundError, InternalError, MethodNotAllowed
from fairground_common.telemetry import traces
from fairground_common.web.metrics import note
from fairground_gateway.access_log import AccessLog, to_standard_output
from fairground_gateway.answer import Answer, refused
from fairground_gateway.body import ClientLeft
from fairground_gateway.cors import Cors
from fairground_gateway.hosts import Hosts
from fairground_gateway.parts import Parts
from fairground_gateway.request import Request
from fairground_gateway.routes import GATEWAY, ROUTES, Body, Route, Token
from fairground_gateway.routing import RouteTable
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.upstream.failures import UpstreamFailure

log = structlog.get_logger()

_FAILED = 500
_CLIENT_LEFT = 499
"""Only ever logged: nobody is there to read it."""


class Gateway:
    """ASGI application."""

    def __init__(self, settings: GatewaySettings, write_log: Callable[[bytes], object] = to_standard_output) -> None:
        self._table = RouteTable(ROUTES)
        self._parts = Parts(settings, self._table)
        self._cors = Cors(settings.cors_origins)
        self._hosts = Hosts(settings.allowed_hosts)
        self._proxies = settings.proxies()
        self._access_log = AccessLog(write_log) if settings.access_log else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(Request.of(scope), receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, request: Request, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answered(request, self._answer(request, receive))
        except ClientLeft:
            self._note(request, _CLIENT_LEFT)
            return
        await self._send(answer, send)
        self._note(request, answer.status)

    def route(self, method: str, path: bytes) -> Route | None:
        """Return the route that ``plain`` may take a request without a body."""
        try:
            route = self._table.find(path).get(method)
        except FairgroundError:
            return None
        return route if route and route.service != GATEWAY and route.body is Body.WHOLE else None

    async def plain(self, request: Request, route: Route, send: Callable[[Answer], Awaitable[None]]) -> None:
        """Do the same for a request without a body, whose route is known, without ASGI."""
        answer = await self._answered(request, self._on_route(request, _nothing_to_receive, route))
        await send(answer)
        self._note(request, answer.status)

    async def _answered(self, request: Request, answering: Awaitable[Answer]) -> Answer:
        """Return the whole answer: a refusal where there is no other. Raises ClientLeft."""
        if self._proxies:
            request.client_ip = self._proxies.client_behind(request.client_ip, request.forwarded_for)
        request.span = traces.begin(request.traceparent.decode(), traces.SERVER)
        if request.span is not None:
            request.traceparent = request.span.traceparent.encode()
        enter_request(request.request_id.decode(), request.traceparent.decode())
        try:
            answer = await answering
        except FairgroundError as refusal:
            answer = refused(refusal, request.path)
        except ClientLeft:
            raise
        except Exception:
            log.exception("unexpected error")
            answer = refused(InternalError(), request.path)
        answer.frame()
        answer.headers += request.answer_headers
        answer.headers.append((b"x-request-id", request.request_id))
        answer.headers += self._cors.headers(request.origin)
        return answer

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        routes = self._table.find(request.path)
        if request.is_preflight:
            return Answer(204, self._cors.preflight(request.origin, routes))
        route = routes.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            allowed = [*routes, "HEAD"] if "GET" in routes else [*routes]
            request.answer_headers.append((b"allow", ", ".join(sorted(allowed)).encode()))
            raise MethodNotAllowed
        return await self._on_route(request, receive, route)

    async def _on_route(self, request: Request, receive: Receive, route: Route) -> Answer:
        request.template = route.path
        request.refuse_bad_headers()
        if route.service == GATEWAY and route.token is Token.NONE:
            return await self._parts.own.answer(request, route, None)
        return await self._admitted(request, receive, route)

    async def _admitted(self, request: Request, receive: Receive, route: Route) -> Answer:
        request.service = route.service
        self._hosts.refuse_other(request.host)
        token = await self._parts.admission.admit(request, route)
        if route.service == GATEWAY:
            return await self._parts.own.answer(request, route, token)
        return await self._parts.proxy.pass_on(request, receive, route, token)

    async def _send(self, answer: Answer, send: Send) -> None:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.rest is None:
            await send({"type": "http.response.body", "body": answer.body})
            return
        try:
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
            async for chunk in answer.rest:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except UpstreamFailure as failure:
            # The head has gone out with 200: cutting the connection is the only way left to say that it failed.
            log.warning("answer broken off", reason=str(failure))
        finally:
            answer.rest.close()

    def _note(self, request: Request, status: int) -> None:
        note(request.method, request.template, status, request.started)
        if request.span is not None:
            request.span.end(f"{request.method} {request.template}", failed=status >= _FAILED)
        if self._access_log is not None:
            self._access_log.add(request, status)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._parts.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        if self._access_log is not None:
            self._access_log.flush()
        await send({"type": "lifespan.shutdown.complete"})


async def _nothing_to_receive() -> Message:
    """A plain request has no body; nobody asks for it."""
    raise ClientLeft
