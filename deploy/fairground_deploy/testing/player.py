"""A player of the running product, and a client that does not give up."""

import asyncio
import http.client
import secrets
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fairground_deploy.api import Api, RefusedError, Reply

PASSWORD = "a password of nine words or so"  # noqa: S105 - of people who do not exist
LARGEST_PAGE = 100
PATIENCE_SECONDS = 90.0
"""What a member may need to come back; longer is an outage."""
PAUSE_SECONDS = 0.1
"""Shorter than Retry-After says: whatever a repetition can do wrong is to happen often."""

RENEW_SECONDS = 300.0
"""Half the life of an access token. Not when one is refused: a false refusal is to be seen."""

_BROKEN_OFF = (OSError, http.client.HTTPException, RefusedError)
_COMES_BACK = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_STILL_RUNNING = "REQUEST_IN_PROGRESS"


class GaveUp(Exception):
    """A request was repeated for too long without an answer."""


class Player:
    """Somebody who has registered and signed in. ``sign_in`` is how, for a new token in time."""

    def __init__(self, sign_in: Callable[[], Api], user_id: int) -> None:
        self._sign_in = sign_in
        self.api = sign_in()
        self._signed_in_at = time.monotonic()
        self.user_id = user_id
        self.troubles: Counter[str] = Counter()
        """Why requests had to be repeated."""

    async def get(self, path: str) -> Any:
        return await asyncio.to_thread(self.api.expect, "GET", path)

    async def post(self, path: str, body: Any = None) -> Any:
        return await asyncio.to_thread(self.api.expect, "POST", path, body)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await asyncio.to_thread(self.api.call, method, path, body, named)

    async def all_of(self, path: str) -> list[Any]:
        """Return every item of a paged list."""
        items: list[Any] = []
        asked = {"limit": str(LARGEST_PAGE)}
        while True:
            page = await self.get(f"{path}?{urlencode(asked)}")
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            asked["cursor"] = page["next_cursor"]

    async def play(self, game: str) -> Any:
        """Play once, under a new key, however often it has to be asked for; return the answer."""
        return await self.insist("POST", f"/api/{game}/play", idempotency_key=secrets.token_hex(12))

    async def insist(self, method: str, path: str, **headers: str) -> Any:
        """Repeat the very same request while nobody or only the gateway answers, as clients are told to.

        Returns the body of a 200. Raises GaveUp, and AssertionError for any other answer.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (reply := await self._try(method, path, **headers)) is None:
            if time.monotonic() > deadline:
                raise GaveUp(f"{method} {path} found no answer: {dict(self.troubles)}")
            await asyncio.sleep(PAUSE_SECONDS)
        assert reply.status == HTTPStatus.OK, reply
        return reply.body

    async def _try(self, method: str, path: str, **headers: str) -> Reply | None:
        try:
            await self._stay_signed_in()
            reply = await self.call(method, path, **headers)
        except _BROKEN_OFF as error:
            trouble = type(error).__name__
        else:
            if reply.status not in _COMES_BACK and reply.code != _STILL_RUNNING:
                return reply
            trouble = f"{reply.status} {reply.code}"
        self.troubles[f"{method} {trouble}"] += 1
        return None

    async def _stay_signed_in(self) -> None:
        if time.monotonic() - self._signed_in_at > RENEW_SECONDS:
            self.api = await asyncio.to_thread(self._sign_in)
            self._signed_in_at = time.monotonic()


async def sign_up(gateway_url: str) -> Player:
    """Make a new player."""
    return await asyncio.to_thread(_sign_up, gateway_url)


def _sign_up(gateway_url: str) -> Player:
    username = f"player-{secrets.token_hex(6)}"
    registered = Api(gateway_url).expect("POST", "/api/auth/register", {"username": username, "password": PASSWORD})
    return Player(partial(Api.signed_in, gateway_url, username, PASSWORD), registered["user_id"])
