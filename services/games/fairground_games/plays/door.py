"""The short way to a play: around the web framework for the request everybody sends.

Routing, dependencies and middleware cost more than twice what settling a play does (measured; see the decision
record on the play path). So a plain request goes straight to the queue: POST to a game's play path, one bearer
token verified a moment ago, at most one sound key, no body. Anything else takes the route in ``routes.py``, which
does the same and refuses properly; both give the same answer.
"""

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from fairground_common.context import current_request_id, current_traceparent
from fairground_common.failpoints import failpoint
from fairground_common.web.idempotency import VISIBLE_ASCII
from fairground_common.web.tokens import Identity
from fairground_games.games import GAMES
from fairground_games.plays.play import Answered, Play

_BEARER = b"bearer "


class PlayDoor:
    """ASGI middleware in front of the games API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._games = {f"/api/{game.name}/play": game for game in GAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        game = self._games.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if game is None:
            await self._app(scope, receive, send)
            return
        plain = _plain_request(scope)
        if plain is None:
            await self._app(scope, receive, send)
        else:
            player, key = plain
            play = Play(player.user_id, game, key, current_request_id(), current_traceparent())
            await _answer(await scope["app"].state.desk.queue.play(play), send)
        failpoint("games.after_answer")


def _plain_request(scope: Scope) -> tuple[Identity, str | None] | None:
    """Return who plays and under which key, None when the request is anything but plain."""
    token: bytes | None = None
    key: str | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if token is not None or value[: len(_BEARER)].lower() != _BEARER:
                return None
            token = value[len(_BEARER) :]
        elif name == b"idempotency-key":
            if key is not None or not VISIBLE_ASCII.match(value.decode("latin-1")):
                return None
            key = value.decode("latin-1")
        elif name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return None
    player = scope["app"].state.verifier.remembered(token.decode("latin-1")) if token else None
    return None if player is None else (player, key)


async def _answer(answered: Answered, send: Send) -> None:
    body = msgspec.json.encode(answered.body())
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if answered.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
