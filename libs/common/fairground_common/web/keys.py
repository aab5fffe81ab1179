"""The key set: fetched from one pinned address, kept on disk, asked again at most every 30 s for an unknown key."""

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from fairground_common.errors import AuthKeysUnavailable
from fairground_common.web.tokens import ALGORITHM

log = structlog.get_logger()

FETCH_SECONDS = 2.0
FRESH_SECONDS = 300.0
"""Age after which the set is fetched again; less where its address says so (`Cache-Control: max-age`)."""
COOLDOWN_SECONDS = 30.0
"""Shortest time between two fetches caused by unknown key ids; a flood of them must not become a flood of fetches."""
WITHOUT_KEYS_SECONDS = 1.0
"""Shortest time between two fetches while no key is known at all: at the start of the whole product."""
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
"""Between two fetches of the very first set nobody has asked for yet; each pause is twice the last."""

_MAX_AGE = re.compile(r"\bmax-age=(\d+)")
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError)
"""What reading a document that is no key set may raise."""


class KeySource:
    """Access-token keys by id, from the auth service's JWKS address."""

    def __init__(self, url: str, state_dir: Path) -> None:
        self._url = url
        self._file = state_dir / "jwks.json"
        self._keys: dict[str, EllipticCurvePublicKey] = {}
        self._fetched_at = float("-inf")
        self._fresh_seconds = FRESH_SECONDS
        self._fetches = 0
        self._fetching = asyncio.Lock()
        self._lookup: asyncio.Future[Any] | None = None
        self.generation = 0
        self._load()

    @property
    def known(self) -> bool:
        """Tell whether any key is known, fresh or from disk."""
        return bool(self._keys)

    async def require_any(self) -> None:
        """Raise AuthKeysUnavailable while no key is known, without asking for one: this is for readiness."""
        if not self._keys:
            raise AuthKeysUnavailable(retry_after=2)

    async def fetch_first(self) -> None:
        """Fetch until some key is known, less and less often: auth may start later than everybody else."""
        pause = FIRST_PAUSE_SECONDS
        while not self._keys:
            await self.fetch()
            if not self._keys:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def key(self, kid: str) -> EllipticCurvePublicKey | None:
        """Return the key of an id; None when the address does not list it. Raises AuthKeysUnavailable without keys."""
        if self._due(kid):
            await self.fetch()
        if not self._keys:
            raise AuthKeysUnavailable(retry_after=2)
        return self._keys.get(kid)

    async def fetch(self) -> None:
        """Ask the address once; on failure the former set stays. Callers that come meanwhile share the answer."""
        before = self._fetches
        async with self._fetching:
            if self._fetches == before:
                self._fetched_at = time.monotonic()
                await self._ask()
                self._fetches += 1

    def _due(self, kid: str) -> bool:
        age = time.monotonic() - self._fetched_at
        if kid in self._keys:
            return age > self._fresh_seconds
        return self._fetching.locked() or age > (COOLDOWN_SECONDS if self._keys else WITHOUT_KEYS_SECONDS)

    async def _ask(self) -> None:
        import aiohttp  # only here: it would make every service's start longer

        try:
            await self._find_host()
            timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self._url) as answer:
                answer.raise_for_status()
                self._take(await answer.json(content_type=None))
                self._fresh_seconds = _fresh_seconds(answer.headers.get("cache-control", ""))
                self._save(await answer.text())
        except (aiohttp.ClientError, OSError, TimeoutError, *_UNREADABLE) as error:
            log.warning("key set not fetched", url=self._url, error=repr(error))

    async def _find_host(self) -> None:
        """Look the host's name up, one look-up at a time.

        One that finds nobody to ask goes on long after we have lost patience, in one of the few threads that look up
        the database's name as well: begun anew with each try they would fill them all.
        """
        if self._lookup is None or self._lookup.done():
            parts = urlsplit(self._url)
            loop = asyncio.get_running_loop()
            self._lookup = asyncio.ensure_future(loop.getaddrinfo(parts.hostname, parts.port or 80))
            self._lookup.add_done_callback(_heed)
        async with asyncio.timeout(FETCH_SECONDS):
            await asyncio.shield(self._lookup)

    def _take(self, document: dict[str, Any]) -> None:
        keys = {entry["kid"]: _public_key(entry) for entry in document["keys"] if entry.get("alg") == ALGORITHM}
        if keys.keys() != self._keys.keys():
            self.generation += 1
        self._keys = keys

    def _load(self) -> None:
        try:
            self._take(json.loads(self._file.read_text()))
        except FileNotFoundError:
            return
        except (OSError, *_UNREADABLE) as error:
            log.warning("kept key set not readable", file=str(self._file), error=repr(error))

    def _save(self, text: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(text)
            fresh.replace(self._file)
        except OSError as error:
            log.warning("key set not kept", file=str(self._file), error=repr(error))


def _fresh_seconds(cache_control: str) -> float:
    """Return for how long an answer may be kept: never for more than we would by ourselves, and never for nothing."""
    told = _MAX_AGE.search(cache_control)
    return FRESH_SECONDS if told is None else min(max(1.0, float(told[1])), FRESH_SECONDS)


def _heed(lookup: "asyncio.Future[Any]") -> None:
    """Take note of a look-up's failure: nobody may be waiting for it any more."""
    if not lookup.cancelled():
        lookup.exception()


def _public_key(entry: dict[str, Any]) -> EllipticCurvePublicKey:
    key = jwt.PyJWK(entry, algorithm=ALGORITHM).key
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError(f"key {entry['kid']!r} is no public elliptic-curve key")  # noqa: TRY004 - data, not types
    return key
