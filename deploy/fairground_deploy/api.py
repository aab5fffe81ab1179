"""A small client of the gateway's HTTP API: what the demo seed and the system tests speak with."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SECONDS = 15.0
_TRIES = 5
_PAUSE = 0.3
_BUSY = frozenset({429, 503})
_FIRST_REFUSAL = 400
_NOT_SIGNED_IN = 401


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """The code of a problem, empty for an answer that is none."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class RefusedError(Exception):
    """The API said no; `reply` has the code."""

    def __init__(self, call: str, reply: Reply) -> None:
        super().__init__(f"{call} was answered {reply.status} {json.dumps(reply.body)}")
        self.reply = reply


class Api:
    """One caller: the gateway's address and, once signed in, a token."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.token = token
        self._credentials: dict[str, str] | None = None

    @classmethod
    def signed_in(cls, url: str, username: str, password: str) -> "Api":
        """Return a caller with a fresh token, who signs in again when it has expired. Raises RefusedError."""
        api = cls(url)
        credentials = {"username": username, "password": password}
        api._sign_in(credentials)
        api._credentials = credentials
        return api

    def _sign_in(self, credentials: dict[str, str]) -> None:
        self.token = self.expect("POST", "/api/auth/login", credentials)["access_token"]

    def expect(self, method: str, path: str, body: Any = None) -> Any:
        """Return the body of a 2xx answer. A part that is still busy is asked again. Raises RefusedError."""
        reply = self.call(method, path, body)
        if reply.status == _NOT_SIGNED_IN and self._credentials:
            self._sign_in(self._credentials)
            reply = self.call(method, path, body)
        for _ in range(_TRIES):
            if reply.status not in _BUSY:
                break
            time.sleep(_PAUSE)
            reply = self.call(method, path, body)
        if reply.status >= _FIRST_REFUSAL:
            raise RefusedError(f"{method} {path}", reply)
        return reply.body

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send one request and return whatever is answered. Raises OSError when nobody answers."""
        sent = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        content = None
        if body is not None:
            content = json.dumps(body)
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)
        try:
            connection.request(method, path, content, sent)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return Reply(answer.status, json.loads(text) if text else None)
