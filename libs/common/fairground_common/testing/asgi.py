"""An HTTP client that calls an ASGI app directly: no socket, the whole stack from the first middleware on."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message

_WITHOUT_BODY = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app answered. Header names are lower case; a repeated header is joined by commas."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The JSON body."""
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The `code` of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self
        return str(self.body["code"])


class AsgiClient:
    """Calls `app` with `headers` on every request."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._headers = dict(headers or {})

    @classmethod
    @asynccontextmanager
    async def running(cls, app: ASGIApp) -> AsyncIterator[Self]:
        """Run the app's lifespan around the block, as a server would."""
        async with _lifespan(app):
            yield cls(app)

    def signed(self, headers: Mapping[str, str]) -> "AsgiClient":
        """Return a client of the same app that also sends these headers: another user's."""
        return AsgiClient(self._app, {**self._headers, **headers})

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Any) -> Answer:
        return await self.request("PUT", path, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        return await self.request("DELETE", path, **options)

    async def hang_up(self, method: str, path: str) -> Answer:
        """Begin a request and leave before its body has come. What is answered, nobody would hear."""
        sent = {**self._headers, "content-length": "2"}
        return await _call(self._app, _scope(method, path, None, sent), {"type": "http.disconnect"})

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = _WITHOUT_BODY,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Send one request. `body` is sent as JSON; `content` as it is."""
        sent = {**self._headers, **{name.lower(): value for name, value in (headers or {}).items()}}
        if body is not _WITHOUT_BODY:
            content = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        if content:
            sent["content-length"] = str(len(content))
        whole = {"type": "http.request", "body": content, "more_body": False}
        return await _call(self._app, _scope(method, path, query, sent), whole)


def _scope(method: str, path: str, query: Mapping[str, Any] | None, headers: Mapping[str, str]) -> dict[str, Any]:
    path, _, in_path = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": (urlencode(query) if query else in_path).encode(),
        "headers": [(b"host", b"test"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
        "client": ("127.0.0.1", 50_000),
        "server": ("test", 80),
        "state": {},
    }


async def _call(app: ASGIApp, scope: dict[str, Any], first: Message) -> Answer:
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    to_app.put_nowait(first)
    started: Message = {}
    parts: list[bytes] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, to_app.get, send)
    headers: dict[str, str] = {}
    for name, value in started["headers"]:
        key = name.decode().lower()
        headers[key] = f"{headers[key]}, {value.decode()}" if key in headers else value.decode()
    return Answer(started["status"], headers, b"".join(parts))


@asynccontextmanager
async def _lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """In a task of its own: what an app opens in one task it must close in the same."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    async with asyncio.TaskGroup() as group:
        running = group.create_task(_run_lifespan(app, scope, to_app, from_app))
        await _tell(to_app, from_app, "lifespan.startup")
        try:
            yield
        finally:
            await _tell(to_app, from_app, "lifespan.shutdown")
            await running


async def _run_lifespan(
    app: ASGIApp, scope: dict[str, Any], to_app: asyncio.Queue[Message], from_app: asyncio.Queue[Message]
) -> None:
    await app(scope, to_app.get, from_app.put)


async def _tell(to_app: asyncio.Queue[Message], from_app: asyncio.Queue[Message], what: str) -> None:
    await to_app.put({"type": what})
    answer = await from_app.get()
    assert answer["type"] == f"{what}.complete", answer
