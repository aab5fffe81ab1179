"""Whatever a head is made of, the short way and uvicorn's do the same with it, or the short way leaves it alone."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fairground_common.testing import TokenMint
from fairground_gateway.edge.plain import PlainExchange
from fairground_gateway.edge.protocol import EdgeProtocol
from fairground_gateway.routes import ROUTES
from fairground_gateway.testing import HOST, RawClient, RecordingService, answering

NAMED = b"host: x\r\nx-request-id: mine\r\ntraceparent: 00-%b-%b-01\r\n" % (b"a" * 32, b"b" * 16)
"""Without them every request has names of its own, and no two could be compared."""
LAST = b"GET /nowhere HTTP/1.1\r\n%bconnection: close\r\n\r\n" % NAMED
TOKEN = b"TOKEN"
"""Stands for a good one."""

PATHS = [(route.method.encode(), re.sub(r"\{[^}]*\}|\*\*", "x", route.path).encode()) for route in ROUTES]
paths = st.sampled_from([path for _, path in PATHS])
pieces = st.sampled_from(
    [b"", b"/", b"//", b"/..", b"%2e", b"%", b";x", b"#", b"?", b"?a=b&a", b"\\", b"\x00", b"\xff", b" "]
)
disturbed = st.tuples(paths, pieces, st.binary(max_size=4)).map(b"".join)
targets = disturbed | st.binary(max_size=30).map(lambda raw: b"/" + raw)
queries = st.sampled_from([b"", b"", b"?a=%2f&b", b"?a#b", b"#b"])
methods = st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"get", b"PLAY", b""])
# Nothing here announces a body: such a request is not plain, and test_smuggling.py has it.
versions = st.sampled_from([*[b"HTTP/1.1"] * 3, b"HTTP/1.0", b"HTTP/2.0", b"http/1.1", b""])
names = st.sampled_from(
    [b"authorization", b"Authorization", b"idempotency-key", b"origin", b"cookie", b"accept-encoding", b"connection",
     b"x-forwarded-for", b"X-User-Id", b"x_user_id", b"host", b"expect", b"te",
     b"upgrade", b"range", b"x-request-id", b"traceparent", b"content-type", b""]
) | st.binary(max_size=6)  # fmt: skip
values = st.sampled_from(
    [b"Bearer " + TOKEN, b"Bearer x", b"Basic eA==", b"k", b"close", b"keep-alive", b"0", b"chunked", b"100-continue",
     b"https://play.example", b"x-user-id, authorization", b"h2c", b"", b" ", b"\t", b"1, 2"]
) | st.binary(max_size=12)  # fmt: skip
wild = st.tuples(names, st.sampled_from([b": ", b":", b" : "]), values)
tame = st.sampled_from(
    [
        (b"Authorization", b": ", b"Bearer " + TOKEN),
        (b"authorization", b":", b"Bearer x"),
        (b"Idempotency-Key", b": ", b"k"),
        (b"origin", b": ", b"https://play.example"),
        (b"cookie", b": ", b"a=b"),
        (b"X-User-Id", b": ", b"1"),
        (b"connection", b": ", b"x-user-id, authorization"),
        (b"connection", b": ", b"close"),
        (b"x-a", b": ", b"\xff\t\xfe"),
        (b"content-length", b": ", b"0"),
        (b"x-forwarded-for", b": ", b"10.0.0.1"),
        (b"content-type", b": ", b"text/plain"),
    ]
)
lines = st.one_of(tame, tame, tame, wild).map(lambda parts: b"".join(parts) + b"\r\n")
usual = st.sampled_from([*[b"HTTP/1.1"] * 4, b"HTTP/1.0"])
good = st.builds(lambda named, *rest: b"%b %b%b %b" % (*named, *rest), st.sampled_from(PATHS), queries, usual)
bad = st.builds(lambda *parts: b"%b %b %b" % parts, methods, targets, versions)
heads = st.builds(
    lambda first, more: b"%b\r\n%b%b\r\n" % (first, NAMED, b"".join(more)),
    st.one_of(good, good, bad),
    st.lists(lines, max_size=3),
)


@dataclass(slots=True)
class Ways:
    """Whether the short way is open, and how often it was taken."""

    is_open: bool = True
    taken: int = 0


@pytest.fixture
async def ways(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ways]:
    """Yield a switch, for requests from then on. By the end the short way has been taken: heads are not all bad."""
    ways, find, answer = Ways(), EdgeProtocol.short_way, PlainExchange.answer

    async def noted(self: PlainExchange, *args: object) -> None:
        ways.taken += 1
        await answer(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(EdgeProtocol, "short_way", lambda line: find(line) if ways.is_open else None)
    monkeypatch.setattr(PlainExchange, "answer", noted)
    yield ways
    assert ways.taken > 20, ways.taken


async def exchange(gateway: RawClient, raw: bytes) -> bytes:
    """Send these bytes and a last request behind them, and return all that is answered."""
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(raw + LAST)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    return answer


def comparable(answer: bytes) -> list[bytes]:
    """Return every line of all answers, in any order. A request that could not be read has an id nobody chose."""
    same = re.sub(rb'(x-request-id: |"request_id":")[^\r"]*', rb"\1", answer)
    return sorted(same.split(b"\r\n"))


def comparable_headers(headers: Iterable[tuple[str, str]], raw: bytes) -> list[tuple[str, str]]:
    """Return headers in order. Of ids and traces the last counts; in place of an ill-formed one another is made."""
    made = {"x-request-id", "traceparent"}
    return sorted(
        (name, value if name not in made or value.encode() in raw else "made here") for name, value in headers
    )


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(raw=b"POST /api/auth/register HTTP/1.1\r\n%bx-request-id: 1, 2\r\n\r\n" % NAMED)
@given(raw=heads)
async def test_both_ways_make_the_same_of_any_head(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint, ways: Ways, raw: bytes
) -> None:
    raw = raw.replace(TOKEN, token_mint.token(7).encode())
    service.usually = answering(body=b"{}")
    answers, reached = [], []
    for ways.is_open in (True, False):
        service.received.clear()
        answers.append(comparable(await exchange(gateway, raw)))
        forwarded = [each for each in service.received if each.values("x-request-id")]  # not what it asks by itself
        reached.append(
            [(each.method, each.target, comparable_headers(each.headers, raw), each.body) for each in forwarded]
        )
    assert answers[0] == answers[1]
    assert reached[0] == reached[1]
    assert answers[0] != [b""]
    assert b"HTTP/1.1 500 Internal Server Error" not in answers[0]
