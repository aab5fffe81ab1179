"""Passwords: argon2id, hashed off the event loop by few threads and behind a short queue.

Hashing is made to be slow, so it is the cheapest way to keep this service busy. A full queue is said at once (503)
instead of letting every login wait. An unknown user is checked against a decoy: it costs the same time.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from fairground_auth.settings import AuthSettings
from fairground_common.errors import ServiceUnavailable

T = TypeVar("T")

RETRY_SECONDS = 2
"""A full queue (50 at 25 ms each) is worked off in this time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right and, when its hash was made with other parameters, the hash to keep instead."""

    matches: bool
    renewed_hash: str | None = None


class Passwords:
    """Hashes and checks passwords with the configured cost."""

    def __init__(self, settings: AuthSettings) -> None:
        self._argon2 = PasswordHasher(
            memory_cost=settings.argon2_memory_kib,
            time_cost=settings.argon2_passes,
            parallelism=settings.argon2_lanes,
        )
        self._decoy = self._argon2.hash(secrets.token_urlsafe())
        self._threads = ThreadPoolExecutor(settings.hash_threads, thread_name_prefix="argon2")
        self._places = BoundedSemaphore(settings.hash_threads + settings.hash_queue)

    async def hash(self, password: str) -> str:
        """Return a new hash. Raises ServiceUnavailable when the queue is full."""
        return await self._off_the_loop(lambda: self._argon2.hash(password))

    async def check(self, password: str, stored: str | None) -> Verdict:
        """Compare with the stored hash; with None the answer is no, after the same time. Raises as ``hash`` does."""
        return await self._off_the_loop(lambda: self._verdict(password, stored))

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _verdict(self, password: str, stored: str | None) -> Verdict:
        try:
            self._argon2.verify(stored or self._decoy, password)
        except VerifyMismatchError:
            return Verdict(matches=False)
        if stored is None:
            return Verdict(matches=False)
        outdated = self._argon2.check_needs_rehash(stored)
        return Verdict(matches=True, renewed_hash=self._argon2.hash(password) if outdated else None)

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise ServiceUnavailable("Too many passwords are being checked at once.", retry_after=RETRY_SECONDS)
        # The place is given back when the work has ended, not when its caller has lost patience.
        future = self._threads.submit(work)
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, _done: Future[T]) -> None:
        self._places.release()
