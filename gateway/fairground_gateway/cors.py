"""CORS: which frontends of other origins may read our answers, exactly as configured.

Tokens travel in the Authorization header and never in cookies, so credentials are not allowed, and a wildcard
(local only) gives nobody more than they could ask for with curl.
"""

from collections.abc import Iterable, Sequence

from fairground_gateway.settings import ANY_ORIGIN
from fairground_gateway.upstream import Headers

ALLOWED_HEADERS = b"authorization, content-type, idempotency-key, x-request-id, traceparent, tracestate"
EXPOSED_HEADERS = b"x-request-id, retry-after, ratelimit, ratelimit-policy, idempotency-replayed, www-authenticate"
PREFLIGHT_SECONDS = b"600"
_VARY = (b"vary", b"origin")


class Cors:
    """The CORS headers of answers."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._any = ANY_ORIGIN in origins
        self._origins = frozenset(origin.encode() for origin in origins)

    def headers(self, origin: bytes | None) -> Headers:
        """Return what every answer carries, errors too."""
        if not self._origins:
            return []
        if self._any:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED_HEADERS)]
        if origin is None or origin not in self._origins:
            return [_VARY]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED_HEADERS),
            _VARY,
        ]

    def preflight(self, origin: bytes | None, methods: Iterable[str]) -> Headers:
        """Return what the answer to a preflight carries besides ``headers``."""
        if not self._any and origin not in self._origins:
            return []
        return [
            (b"access-control-allow-methods", ", ".join(sorted(methods)).encode()),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", PREFLIGHT_SECONDS),
        ]
