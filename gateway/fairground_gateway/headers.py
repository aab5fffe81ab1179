"""Which headers pass the gateway, in either direction.

Promise: a service sees no header that speaks for the gateway unless the gateway itself set it. So everything that is
about one hop, about forwarding or about identity is removed first; ours are set afterwards (see ``forwarding``).
"""

from enum import IntEnum

from fairground_gateway.upstream import Headers

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
_SET_BY_US = frozenset({b"host", b"content-length", b"expect", b"x-request-id", b"traceparent", b"authorization"})
_FORWARDING = frozenset({b"forwarded", b"x-real-ip"})
_RESERVED_PREFIXES = (b"x-forwarded", b"x-user", b"x-fairground")
_CORS_PREFIX = b"access-control-"
_REMEMBERED_NAMES = 1024
UNREMARKABLE_CONNECTION = {b"keep-alive", b"close", b"Keep-Alive", b"Close"}
"""They name no header."""


class Verdict(IntEnum):
    """What becomes of a header."""

    PASS = 1
    DROP = 2
    REFUSE = 3


_PASS = Verdict.PASS


class Names:
    """Verdicts on header names, worked out once per name."""

    def __init__(self, *, dropped: frozenset[bytes], prefixes: tuple[bytes, ...], underscores: Verdict) -> None:
        self._dropped = dropped
        self._prefixes = prefixes
        self._underscores = underscores
        self._known: dict[bytes, Verdict] = {}

    def verdict(self, name: bytes) -> Verdict:
        """Judge a name in lower case."""
        known = self._known.get(name)
        if known is None:
            known = self._judge(name)
            if len(self._known) < _REMEMBERED_NAMES:
                self._known[name] = known
        return known

    def passing(self, headers: Headers) -> Headers:
        """Return those of the headers whose names pass."""
        known, verdict = self._known, self.verdict
        return [header for header in headers if (known.get(header[0]) or verdict(header[0])) is _PASS]

    def _judge(self, name: bytes) -> Verdict:
        if b"_" in name:
            return self._underscores
        if name in self._dropped or name.startswith(self._prefixes):
            return Verdict.DROP
        return Verdict.PASS


REQUEST_NAMES = Names(
    dropped=HOP_BY_HOP | _SET_BY_US | _FORWARDING, prefixes=_RESERVED_PREFIXES, underscores=Verdict.REFUSE
)
RESPONSE_NAMES = Names(
    dropped=HOP_BY_HOP | {b"content-length", b"x-request-id"},
    prefixes=(_CORS_PREFIX, *_RESERVED_PREFIXES),
    underscores=Verdict.PASS,
)


def nominated(connection: bytes) -> frozenset[bytes]:
    """Return the header names a Connection header declares to be about this hop only."""
    return frozenset(token.strip().lower() for token in connection.split(b","))


def passing(headers: Headers) -> Headers:
    """Return the headers of a service's answer that go on to the client."""
    kept = RESPONSE_NAMES.passing(headers)
    for name, value in headers:
        if name == b"connection" and value not in UNREMARKABLE_CONNECTION:
            local = nominated(value)
            kept = [header for header in kept if header[0] not in local]
    return kept
