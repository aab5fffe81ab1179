"""What the gateway sends back: its own answers, and a service's passed on."""

from dataclasses import dataclass, field

import msgspec

from fairground_common.errors import FairgroundError
from fairground_common.web.problem import MEDIA_TYPE, problem_body, problem_headers, status_of
from fairground_gateway.headers import passing
from fairground_gateway.upstream import Headers, Response
from fairground_gateway.upstream.response import BodyStream

_WITHOUT_BODY = frozenset({204, 304})
CLOSE = (b"connection", b"close")


@dataclass(slots=True)
class Answer:
    """Status, headers with lower-case names, body; ``rest`` is what a service still sends of a large body."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    rest: BodyStream | None = None

    def frame(self) -> None:
        """Add the length when it is known; the server frames a streamed body itself."""
        if self.rest is None and self.status not in _WITHOUT_BODY:
            self.headers.append((b"content-length", b"%d" % len(self.body)))


def passed_on(response: Response) -> Answer:
    """Return a service's answer without what was about the hop to it."""
    return Answer(response.status, passing(response.headers), response.body, response.rest)


def refused(error: FairgroundError, path: bytes) -> Answer:
    """Return a refusal as a problem document."""
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem_headers(error).items()]
    return Answer(status_of(type(error)), headers, problem_body(error, path.decode("latin-1")))


def as_json(document: object, status: int = 200) -> Answer:
    return Answer(status, [(b"content-type", b"application/json")], msgspec.json.encode(document))


def page(text: str, status: int = 200) -> Answer:
    return Answer(status, [(b"content-type", b"text/html; charset=utf-8"), *_PAGE_HEADERS], text.encode())


_CONTENT_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Headers = [
    (b"content-security-policy", _CONTENT_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
