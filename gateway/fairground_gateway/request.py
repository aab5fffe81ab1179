"""A request as the gateway needs it, read in one pass over the headers."""

import re
import time

from starlette.types import Scope

from fairground_common.errors import AuthorizationRepeated, NotAuthenticated
from fairground_common.telemetry.traces import Span
from fairground_common.web.metrics import NO_ROUTE
from fairground_gateway import fresh
from fairground_gateway.errors import HeaderRefused
from fairground_gateway.headers import REQUEST_NAMES, UNREMARKABLE_CONNECTION, Verdict, nominated
from fairground_gateway.upstream import Headers

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
_BEARER = b"bearer "
_NOTED = frozenset(
    {
        b"authorization",
        b"connection",
        b"content-length",
        b"transfer-encoding",
        b"expect",
        b"host",
        b"idempotency-key",
        b"origin",
        b"access-control-request-method",
        b"x-forwarded-for",
        b"x-request-id",
        b"traceparent",
    }
)
_LISTS = frozenset({b"connection", b"x-forwarded-for"})
"""Said several times, they mean the values one after the other."""
_PASS, _REFUSE = Verdict.PASS, Verdict.REFUSE


class Request:
    """What is asked, by whom, and which of its headers may travel on.

    Reading never raises: what is wrong with the headers is told by ``refuse_bad_headers``, so that a refusal already
    has a request id.
    """

    __slots__ = (
        "_noted",
        "_refused",
        "answer_headers",
        "client_ip",
        "forwarded",
        "method",
        "path",
        "query",
        "request_id",
        "service",
        "span",
        "started",
        "template",
        "traceparent",
        "user_id",
    )

    def __init__(self, method: str, path: bytes, query: bytes, headers: Headers, client_ip: str) -> None:
        self.started = time.perf_counter()
        self.method = method
        self.path = path
        self.query = query
        self.client_ip = client_ip
        self.user_id: int | None = None
        self.template = NO_ROUTE
        """Of the route that answers, for numbers and spans: a path has any number of names."""
        self.span: Span | None = None
        self.service: str | None = None
        """Who it was meant for, once that is known; both are for the log."""
        self.answer_headers: Headers = []
        """Headers the answer gets whatever it is."""
        self.forwarded: Headers = []
        self._noted: dict[bytes, bytes] = {}
        self._refused: type[HeaderRefused | AuthorizationRepeated] | None = None
        self._read(headers)
        self.request_id = self._named(b"x-request-id", _REQUEST_ID) or fresh.request_id()
        self.traceparent = self._named(b"traceparent", _TRACEPARENT) or fresh.traceparent()

    @classmethod
    def of(cls, scope: Scope) -> "Request":
        """Return what an ASGI server has read."""
        client = scope["client"]
        return cls(
            scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], client[0] if client else ""
        )

    def _read(self, headers: Headers) -> None:
        noted, forwarded, verdict_on = self._noted, self.forwarded, REQUEST_NAMES.verdict
        for header in headers:
            name, value = header
            if name in _NOTED:
                if name == b"authorization" and name in noted:
                    self._refused = AuthorizationRepeated
                elif name in _LISTS and name in noted:
                    value = noted[name] + b"," + value
                noted[name] = value
            verdict = verdict_on(name)
            if verdict is _PASS:
                forwarded.append(header)
            elif verdict is _REFUSE:
                self._refused = HeaderRefused
        connection = noted.get(b"connection")
        if connection is not None and connection not in UNREMARKABLE_CONNECTION:
            local = nominated(connection)
            self.forwarded = [header for header in forwarded if header[0] not in local]

    def _named(self, name: bytes, form: "re.Pattern[bytes]") -> bytes | None:
        value = self._noted.get(name)
        return value if value is not None and form.match(value) else None

    def refuse_bad_headers(self) -> None:
        """Raise HeaderRefused or AuthorizationRepeated when the headers are not acceptable."""
        if self._refused is not None:
            raise self._refused

    @property
    def origin(self) -> bytes | None:
        return self._noted.get(b"origin")

    @property
    def host(self) -> bytes | None:
        return self._noted.get(b"host")

    @property
    def forwarded_for(self) -> bytes | None:
        """What somebody before us says of the client's address; who that was decides whether it is believed."""
        return self._noted.get(b"x-forwarded-for")

    @property
    def is_preflight(self) -> bool:
        return self.method == "OPTIONS" and b"origin" in self._noted and b"access-control-request-method" in self._noted

    @property
    def has_body(self) -> bool:
        return b"transfer-encoding" in self._noted or self._noted.get(b"content-length", b"0") != b"0"

    @property
    def declared_length(self) -> int | None:
        """Content-Length, None for a chunked body. The HTTP parser has already refused what is no number."""
        length = self._noted.get(b"content-length")
        return None if length is None else int(length)

    @property
    def waits_for_continue(self) -> bool:
        return b"expect" in self._noted

    @property
    def repeatable(self) -> bool:
        """Tell whether sending it twice has the effect of sending it once."""
        return self.method in {"GET", "HEAD"} or (self.method == "POST" and bool(self._noted.get(b"idempotency-key")))

    def token(self) -> str | None:
        """Return the access token, None without an Authorization header. Raises NotAuthenticated for another scheme."""
        value = self._noted.get(b"authorization")
        if value is None:
            return None
        if value[: len(_BEARER)].lower() != _BEARER:
            raise NotAuthenticated("The Authorization header carries no bearer token.")
        return value[len(_BEARER) :].strip().decode("latin-1")
