"""Limits counted in Valkey or Redis, so that they hold over any number of gateways.

Promise: a request never waits for a connection to be made, and at most 50 ms for an answer. While the server is away,
frozen or slow, ``decide`` says so at once and a background task keeps trying to come back.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

from fairground_gateway.limits.link import SCRIPT, Link, LinkDown, written
from fairground_gateway.limits.window import Allowance, Decision

log = structlog.get_logger()

ANSWER_SECONDS = 0.05
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
_BY_NAME = written((b"EVALSHA", hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest().encode()))
_WHOLE = written((b"EVAL", SCRIPT))


class SharedAway(Exception):
    """The shared count cannot be asked at the moment."""


class Question(NamedTuple):
    """What the script is called with for some allowances, as the bytes of a command around the script's name."""

    length: bytes
    words: bytes

    @classmethod
    def about(cls, allowances: Sequence[Allowance]) -> "Question":
        keys = (allowance.key.encode() for allowance in allowances)
        limits = (b"%d" % allowance.limit for allowance in allowances)
        words = (b"%d" % len(allowances), *keys, *limits)
        return cls(b"*%d\r\n" % (2 + len(words)), written(words))


class SharedWindows:
    """The script's caller. ``stay_connected`` runs beside the requests."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._link: Link | None = None

    @property
    def connected(self) -> bool:
        return self._link is not None

    async def decide(self, allowances: Sequence[Allowance]) -> Decision:
        """Count a request in all allowances, or in none when one is used up. Raises SharedAway."""
        return await self.ask(Question.about(allowances))

    async def ask(self, question: Question) -> Decision:
        """Do the same with a question that was put before. Raises SharedAway."""
        link = self._link
        if link is None:
            raise SharedAway
        length, words = question
        try:
            line = await link.ask(length + _BY_NAME + words)
            if line.startswith(b"-NOSCRIPT"):
                line = await link.ask(length + _WHOLE + words)
        except LinkDown:
            raise SharedAway from None
        if not line.startswith(b"+"):
            log.warning("rate limit script refused", answer=line.decode(errors="replace"))
            link.close()
            raise SharedAway
        wait, *left = line[1:].split()
        return Decision(int(wait) / 1e6, tuple(map(int, left)))

    async def stay_connected(self) -> None:
        """Connect, and connect again whenever the connection is lost, with growing pauses while it fails."""
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            try:
                link = await self._connect()
            except (OSError, TimeoutError, LinkDown) as error:
                if pause == SHORTEST_PAUSE_SECONDS:
                    log.warning("rate limits are counted locally", reason=repr(error))
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                self._link, pause = link, SHORTEST_PAUSE_SECONDS
                await self._while_connected(link)
            await asyncio.sleep(pause)

    async def _while_connected(self, link: Link) -> None:
        try:
            await link.lost
        finally:
            self._link = None
            link.close()

    async def _connect(self) -> Link:
        async with asyncio.timeout(ANSWER_SECONDS * 4):
            link = await _open(self._url)
        for command in _greeting(self._url):
            line = await link.call(*command)
            if not line.startswith(b"+"):
                link.close()
                raise LinkDown(line.decode(errors="replace"))
        return link


async def _open(url: SplitResult) -> Link:
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(
        lambda: Link(ANSWER_SECONDS),
        url.hostname or "127.0.0.1",
        url.port or 6379,
        ssl=url.scheme == "rediss" or None,
    )
    return link


def _greeting(url: SplitResult) -> list[tuple[bytes, ...]]:
    commands: list[tuple[bytes, ...]] = []
    if url.password:
        user = (unquote(url.username).encode(),) if url.username else ()
        commands.append((b"AUTH", *user, unquote(url.password).encode()))
    database = url.path.strip("/")
    if database:
        commands.append((b"SELECT", database.encode()))
    return [*commands, (b"PING",)]
