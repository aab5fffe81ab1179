"""No second spelling of a path: it is refused, or decided like the plain one. Bytes decided on are bytes forwarded."""

import re
from urllib.parse import unquote_to_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from fairground_common.errors import FairgroundError
from fairground_gateway.errors import PathRefused
from fairground_gateway.routes import ROUTES
from fairground_gateway.routing import RouteTable
from fairground_gateway.testing import RawClient, RecordingService

TABLE = RouteTable(ROUTES)

_PIECES = [
    "api", "admin", "roulette", "play", "auth", "games", "internal", "metrics", ".well-known", "jwks.json",
    ".", "..", "...", "%2e", "%2E%2e", "%2f", "%5c", "%00", "%252e", "%c0%ae", "\\", ";x", ";", "", "*", "~", "@",
]  # fmt: skip
paths = st.lists(st.sampled_from(_PIECES), max_size=8).map(lambda pieces: "/" + "/".join(pieces))
glued = st.lists(st.sampled_from([*_PIECES, "/"]), max_size=10).map(lambda pieces: "/" + "".join(pieces))
anything = st.binary(max_size=60).map(lambda raw: b"/" + raw)


def refusal_of(path: bytes) -> str | None:
    """Return the code a path is refused with, None when it is routed."""
    try:
        TABLE.find(path)
    except FairgroundError as refusal:
        return refusal.code
    return None


@settings(max_examples=2000)
@given(st.one_of(paths.map(str.encode), glued.map(str.encode), anything))
def test_a_routed_path_means_the_same_however_it_is_read(path: bytes) -> None:
    """Decoding it, or resolving its segments as a service might, changes nothing about a path that is taken."""
    if refusal_of(path) == PathRefused.code:
        return
    assert unquote_to_bytes(path) == path
    assert not re.search(rb"//|\\|;|%|[\x00-\x20\x7f-\xff]", path)
    assert not {b".", b".."} & set(path.split(b"/"))


@settings(max_examples=1000)
@given(st.sampled_from([route.path for route in ROUTES]), st.integers(0, 200), st.sampled_from(_PIECES))
def test_a_disturbed_path_never_reaches_a_route_it_does_not_name(path: str, at: int, piece: str) -> None:
    plain = re.sub(r"\{[^}]*\}|\*\*", "x", path)
    at %= len(plain) + 1
    disturbed = plain[:at] + piece + plain[at:]
    if refusal_of(disturbed.encode()) is None:
        for route in TABLE.find(disturbed.encode()).values():
            assert re.fullmatch(pattern(route.path), disturbed)


def pattern(path: str) -> str:
    """Return a route's path as a regular expression, told apart from how the table finds it."""
    escaped = re.escape(path).replace(r"\*\*", "[^/]+(/[^/]+)*").replace(r"\{game\}", "[a-z][a-z0-9_]{0,31}")
    return re.sub(r"\\\{.*?\\\}", "[^/]+", escaped)


async def test_tricks_are_400_on_the_wire_and_reach_no_service(gateway: RawClient, service: RecordingService) -> None:
    tricks = ["//api/today-feature", "/./api/today-feature", "/x/../api/today-feature", "/api/%2e%2e/today-feature"]
    tricks += ["/api%2ftoday-feature", "/api%5ctoday-feature", "/api/today-feature;x", "/api/today-feature%00"]
    tricks += ["/api/%252e/today-feature", "/api\\today-feature", "/api/today%2Dfeature"]
    for trick in tricks:
        answer = await gateway.ask("GET", trick)
        assert (answer.status, answer.code) == (400, "PATH_REFUSED"), trick
    assert not service.received


async def test_a_path_that_is_no_ascii_is_400(gateway: RawClient, service: RecordingService) -> None:
    answer = await gateway.send(b"GET /api/\xff\xfe/play HTTP/1.1\r\nhost: x\r\n\r\n")
    assert answer.status == 400
    assert not service.received
