"""Clients of several processes of one API: they write down what they ask and are told, and repeat what is unknown."""

import asyncio
import json
import secrets
import socket
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus
from itertools import cycle
from typing import Any, Protocol

from fairground_common.embedded.ports import LOOPBACK
from fairground_common.testing.asgi import Answer
from fairground_common.testing.chaos.history import History, Outcome
from fairground_common.testing.proxy import RESET_AT_CLOSE

ANSWER_SECONDS = 30.0
"""No answer for so long is an unknown end."""
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.05
"""Shorter than Retry-After says: whatever a repetition can do wrong is to happen often."""
LONGEST_HANG_UP_SECONDS = 0.15
"""By then a play has been answered, unless the machine is very slow."""
HANG_UPS_AT_ONCE = 25
TOKEN_SECONDS = 86_400
"""Longer than any test runs, however many runs it is told to make: no token ends in the middle of one."""

_UNKNOWN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_STILL_RUNNING = "REQUEST_IN_PROGRESS"


class GaveUp(Exception):
    """A request was repeated for too long without a definite answer."""


class Signer(Protocol):
    """Where callers get their tokens: a mint, or what users signed in with."""

    def token(self, user_id: int, *roles: str, **claims: Any) -> str: ...


class Callers:
    """Everybody who calls. Each request goes to a process taken at random, unless a port is named."""

    def __init__(
        self, ports: Sequence[int], mint: Signer, history: History, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self.ports = ports
        self.patience = patience
        """Seconds for which a request is repeated; longer is an outage."""
        self.history = history
        self.troubles: Counter[str] = Counter()
        """Why an end was unknown, and how often."""
        self._mint = mint
        self._tokens: dict[tuple[int, tuple[str, ...]], str] = {}

    async def play(self, user_id: int, game: str, key: str | None, *, port: int | None = None) -> Answer | None:
        """Ask once to play; None when nobody answered."""
        asked = self.history.invoke(game, user_id, key)
        answer = await self._try("POST", f"/api/{game}/play", user_id, key=key, port=port)
        outcome = _outcome_of(answer)
        told = {"code": answer.code} if answer and outcome != "ok" else answer and answer.body
        asked.ends(outcome, told)
        if outcome == "info":
            self.troubles["no answer" if answer is None else f"{answer.status} {answer.code}"] += 1
        return answer

    async def insist(self, user_id: int, game: str, key: str, *, port: int | None = None) -> Answer:
        """Ask again under the same key until the answer is definite, and return that. Raises GaveUp."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            answer = await self.play(user_id, game, key, port=port)
            if answer is not None and _outcome_of(answer) != "info":
                return answer
            await asyncio.sleep(PAUSE_SECONDS)
        raise GaveUp(f"{game} of user {user_id} under {key}: {dict(self.troubles)}")

    async def demand(self, method: str, path: str, user_id: int, *roles: str, **options: Any) -> Answer:
        """Ask for something that is no play, as `call`, until the answer is definite, and return that. Raises GaveUp.

        It must be the same however often it happens, by its key or by its nature.
        """
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            answer = await self._try(method, path, user_id, *roles, **options)
            if answer is not None and _outcome_of(answer) != "info":
                return answer
            await asyncio.sleep(PAUSE_SECONDS)
        raise GaveUp(f"{method} {path} of user {user_id}")

    async def settle_unknown(self) -> None:
        """Repeat every attempt with a key whose end is unknown, until it is known."""
        for attempt in self.history.attempts():
            if attempt.key is not None and not attempt.answers and attempt.last == "info":
                await self.insist(attempt.user_id, attempt.f, attempt.key)

    async def call(self, method: str, path: str, user_id: int, *roles: str, **options: Any) -> Answer:
        """Send a request that is no play and return its answer. Takes `body`, `key` and `port`. Raises OSError."""
        headers = {"authorization": f"Bearer {self._token(user_id, *roles)}"}
        if options.get("key") is not None:
            headers["idempotency-key"] = options["key"]
        content = b"" if options.get("body") is None else json.dumps(options["body"]).encode()
        port = options.get("port") or secrets.choice(self.ports)
        return await asyncio.wait_for(send(port, method, path, headers, content), ANSWER_SECONDS)

    async def hang_up(self, keys: Iterable[str], users: Sequence[int], game: str, *, port: int | None = None) -> None:
        """Ask to play once under each key and break each connection at some moment, whatever has come by then.

        The moments reach from before the request has been read, which most are near, to after the answer.
        """
        waiting = zip(keys, cycle(users))

        async def ask() -> None:
            for key, user_id in waiting:
                seconds = LONGEST_HANG_UP_SECONDS * (secrets.randbelow(1000) / 1000) ** 3
                await self._abandon(user_id, game, key, seconds, port)

        await asyncio.gather(*(ask() for _ in range(HANG_UPS_AT_ONCE)))

    async def _abandon(self, user_id: int, game: str, key: str, after: float, port: int | None) -> None:
        asked = self.history.invoke(game, user_id, key)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(after):
                await self.call("POST", f"/api/{game}/play", user_id, key=key, port=port)
        asked.ends("info")

    async def _try(self, method: str, path: str, user_id: int, *roles: str, **options: Any) -> Answer | None:
        try:
            return await self.call(method, path, user_id, *roles, **options)
        except OSError:  # a timeout is one as well
            return None

    def _token(self, user_id: int, *roles: str) -> str:
        whose = (user_id, roles)
        if whose not in self._tokens:
            self._tokens[whose] = self._mint.token(user_id, *roles, exp=int(time.time()) + TOKEN_SECONDS)
        return self._tokens[whose]


def _outcome_of(answer: Answer | None) -> Outcome:
    """A 500 is a definite answer, and a wrong one: it is no reason to ask again."""
    if answer is None or answer.status in _UNKNOWN:
        return "info"
    if answer.status == HTTPStatus.OK:
        return "ok"
    return "info" if answer.code == _STILL_RUNNING else "fail"


async def send(port: int, method: str, path: str, headers: dict[str, str], content: bytes = b"") -> Answer:
    """Send one request over a connection of its own, which is reset when it is given up. Raises OSError."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    try:
        said = {"host": "test", "connection": "close", "content-length": str(len(content)), **headers}
        if content:
            said["content-type"] = "application/json"
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content)
        return _answer_in(await reader.read())
    finally:
        writer.transport.abort()


def _answer_in(received: bytes) -> Answer:
    head, end, content = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if not end or len(content) < int(headers.get("content-length", 0)):  # a 204 has none
        raise ConnectionError("the answer broke off")
    return Answer(int(status.split()[1]), headers, content)
