"""How an HTTP process is served: uvicorn with httptools on uvloop, and budgets that fit the gateway's.

How it ends, at SIGTERM or SIGINT: /readyz says 503 at once; for DRAIN_SECONDS requests are still taken, each answer
closing its connection, so that callers go elsewhere; then nothing more is accepted, requests under way are finished
(``leaving.py``), and the process ends with 0, within 25 s. Further signals change nothing.
"""

import asyncio
import json
import logging
import resource
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import FrameType
from typing import Protocol, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from fairground_common.exits import leave_when_told
from fairground_common.garbage import spare_what_is_loaded
from fairground_common.notify import READY, STOPPING, notify
from fairground_common.sockets import BACKLOG, Place, listen
from fairground_common.web.leaving import LAST_CALL_SECONDS, Connection, last_call, take_leave
from fairground_common.web.protocol import HttpProtocol

KEEP_ALIVE_SECONDS = 75
"""Above the gateway's pool idle time, so that the gateway never sends into a closing connection."""
GRACEFUL_SECONDS = 20
"""For requests under way; the longest, an upload, is given 30 s and rarely takes one."""
END_SECONDS = 24
"""For pause and requests together; what is left of 25 s is for closing what the process holds."""
CLOSE = (b"connection", b"close")
_ENDING = json.dumps({"status": "unready", "checks": {"process": "ending"}}).encode()


class Listening(Place, Protocol):
    """The settings that say where a process listens and how it ends."""

    @property
    def drain_seconds(self) -> float: ...


def serve(
    app: ASGIApp,
    settings: Listening,
    *,
    keep_alive: int = KEEP_ALIVE_SECONDS,
    protocol: Callable[..., asyncio.Protocol] = HttpProtocol,
) -> None:
    """Serve an ASGI app until SIGTERM or SIGINT. A taken port is one clear line and exit code 3.

    ``protocol`` makes what speaks HTTP on a connection, as uvicorn's own protocols are made.
    """
    leave_when_told()
    _take_all_descriptors()
    listening = listen(settings)
    spare_what_is_loaded()
    door = Door(app)
    config = uvicorn.Config(
        door,
        interface="asgi3",
        http=cast("type[asyncio.Protocol]", protocol),  # uvicorn only calls it
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=_graceful_seconds(settings.drain_seconds),
    )
    with suppress(asyncio.CancelledError):
        Server(config, door, drain_seconds=settings.drain_seconds).run(sockets=listening)


def _graceful_seconds(drain_seconds: float) -> int:
    return min(GRACEFUL_SECONDS, int(END_SECONDS - LAST_CALL_SECONDS - drain_seconds))


def _take_all_descriptors() -> None:
    """Each connection is one; a shell's usual limit of 1,024 is for programs that use select()."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Door:
    """The app; from the first signal on it says by itself that the process is not ready."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.is_closing = False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Plain on purpose: a coroutine around the app's would cost every request something."""
        if self.is_closing and scope["type"] == "http" and scope["path"] == "/readyz":
            return _say_ending(send)
        return self._app(scope, receive, send)


async def _say_ending(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_ENDING))]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _ENDING})


class Server(uvicorn.Server):
    """uvicorn, which would stop accepting at the signal itself."""

    def __init__(self, config: uvicorn.Config, door: Door, *, drain_seconds: float) -> None:
        super().__init__(config)
        self._door = door
        self._drain_seconds = drain_seconds
        self._starting: asyncio.Task[None] | None = None
        self._ends_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._starting = asyncio.current_task()
        await super().startup(sockets=sockets)
        self._starting = None
        notify(READY)

    async def on_tick(self, counter: int) -> bool:
        ended = await super().on_tick(counter)
        return ended or (self._ends_at is not None and time.monotonic() >= self._ends_at)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, take what is on its way, then end as uvicorn does."""
        for server in self.servers:
            server.close()
        connections = cast("set[Connection]", self.server_state.connections)
        await last_call(connections)
        leaving = take_leave(connections)
        await super().shutdown(sockets=sockets)
        await leaving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's own signature
        """Begin to end, once. Before anything is served there is nothing to finish: the start is called off."""
        if self._starting is not None:
            logging.getLogger("uvicorn.error").disabled = True  # that the app was interrupted is no error of its own
            self._starting.cancel()
        elif self._ends_at is None:
            self._ends_at = time.monotonic() + self._drain_seconds
            self._door.is_closing = True
            self.config.encoded_headers = [CLOSE]
            self.server_state.default_headers = [CLOSE]
            notify(STOPPING)
