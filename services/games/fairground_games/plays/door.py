"""The short way to a play: around the web framework and the server's cycle, for the request everybody sends.

Routing, dependencies, middleware, a task and ASGI's messages cost more than twice what settling a play does (measured;
see the decision records on the play path). So a plain request goes from the connection straight to the queue: POST to
a game's play path, one bearer token verified a moment ago, at most one sound key, no body. Anything else takes the
route in ``routes.py``, which does the same and refuses properly; both give the same answer.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI
from starlette.datastructures import State
from uvicorn import Config
from uvicorn.server import ServerState

from fairground_common.context import enter_request
from fairground_common.failpoints import failpoint
from fairground_common.telemetry import traces
from fairground_common.web.idempotency import VISIBLE_ASCII
from fairground_common.web.line import Exchange, Headers, Line, LineProtocol
from fairground_common.web.metrics import note
from fairground_common.web.request_scope import FAILED, names_of, problem_answer, refusal_of
from fairground_common.web.tokens import TokenVerifier
from fairground_games.games import GAMES
from fairground_games.games.game import Game
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.queue import PlayQueue

_BEARER = b"bearer "
_PLAYED: Final = {f"/api/{game.name}/play".encode(): game for game in GAMES}
_UNUSUAL = frozenset({b"transfer-encoding", b"expect"})
_JSON = (b"content-type", b"application/json")
_REPLAYED = (b"idempotency-replayed", b"true")

log = structlog.get_logger()


def door_of(app: FastAPI) -> Callable[..., "PlayDoor"]:
    """Return what uvicorn makes a protocol with, for each connection to the games API."""
    return partial(PlayDoor, state=app.state)


class PlayDoor(LineProtocol):
    """One connection to the games API."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        state: State,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._verifier: TokenVerifier = state.verifier
        self._queue: PlayQueue = state.desk.queue

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name.lower(), value)

    def on_headers_complete(self) -> None:
        self.headers_complete(bodiless=not self.parser.should_upgrade())

    def short_way(self) -> "PlayExchange | None":
        game = _PLAYED.get(self.url)
        if game is None or self.flow.write_paused or self.parser.get_method() != b"POST":
            return None
        asked = _plain(self.headers, self._verifier)
        if asked is None:
            return None
        return PlayExchange(self, game, *asked, keep_alive=self.parser.should_keep_alive())

    def begin(self, exchange: Exchange, headers: Headers) -> None:
        assert isinstance(exchange, PlayExchange)
        exchange.begin(self._queue, headers)

    def on_response_complete(self) -> None:
        is_play = self.url in _PLAYED
        super().on_response_complete()
        if is_play:
            failpoint("games.after_answer")


class PlayExchange(Exchange):
    """One plain play and its answer."""

    __slots__ = ("_began", "_game", "_key", "_request_id", "_span", "_traceparent", "_user_id")

    def __init__(self, line: Line, game: Game, user_id: int, key: str | None, *, keep_alive: bool) -> None:
        super().__init__(line, keep_alive=keep_alive)
        self._game = game
        self._user_id = user_id
        self._key = key
        self._began = perf_counter()

    def begin(self, queue: PlayQueue, headers: Headers) -> None:
        """Hand the play in. No task waits for it: its answer is written by whoever settles it."""
        self._request_id, traceparent = names_of(headers)
        self._span = traces.begin(traceparent, traces.SERVER)
        self._traceparent = traceparent if self._span is None else self._span.traceparent
        play = Play(self._user_id, self._game, self._key, self._request_id, self._traceparent)
        queue.hand_in(play).add_done_callback(self._answer)

    def _answer(self, outcome: asyncio.Future[Answered]) -> None:
        error = outcome.exception()
        if error is None:
            answered = outcome.result()
            head = [_JSON, _REPLAYED] if answered.replayed else [_JSON]
            self._say(200, head, msgspec.json.encode(answered.body()))
        else:
            assert isinstance(error, Exception)
            enter_request(self._request_id, self._traceparent)  # in this callback's own copy of the context
            self._say(*problem_answer(refusal_of(error), self._path))

    def _say(self, status: int, head: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        length = (b"content-length", b"%d" % len(body))
        named = (b"x-request-id", self._request_id.encode())
        path = self._path
        note("POST", path, status, self._began)
        if self._span is not None:
            self._span.end(f"POST {path}", failed=status >= FAILED)
        log.debug("request", method="POST", path=path, status=status, request_id=self._request_id)
        if not self.disconnected:
            self.write_whole(status, [*head, length, named], body)

    @property
    def _path(self) -> str:
        return f"/api/{self._game.name}/play"


def _plain(headers: Headers, verifier: TokenVerifier) -> tuple[int, str | None] | None:
    """Return who plays and under which key, None when the request is anything but plain."""
    token: bytes | None = None
    key: str | None = None
    for name, value in headers:
        if name == b"authorization":
            if token is not None or value[: len(_BEARER)].lower() != _BEARER:
                return None
            token = value[len(_BEARER) :]
        elif name == b"idempotency-key":
            if key is not None or not VISIBLE_ASCII.match(value.decode("latin-1")):
                return None
            key = value.decode("latin-1")
        elif name in _UNUSUAL or (name == b"content-length" and value != b"0"):
            return None
    player = verifier.remembered(token.decode("latin-1")) if token else None
    return None if player is None else (player.user_id, key)
