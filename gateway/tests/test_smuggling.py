"""A request that two programs could read differently is refused, its connection closed, and what follows is nobody's.

ASVS 5.0 4.2.1. Each shape is followed by a request that must never reach a service.
"""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairground_common.testing import TokenMint, eventually
from fairground_gateway.testing import HOST, RawClient, RecordingService, read_answer

MARKER = b"GET /api/marker/odds HTTP/1.1\r\nhost: x\r\n\r\n"
END = b"0\r\n\r\n"


def post(*headers: bytes, body: bytes = b"") -> bytes:
    lines = (b"POST /api/auth/refresh HTTP/1.1", b"host: x", *headers)
    return b"\r\n".join((*lines, b"", body))


def get(*headers: bytes) -> bytes:
    return b"\r\n".join((b"GET /api/dice/odds HTTP/1.1", b"host: x", *headers, b"", b""))


UNCLEAR = {
    "length and chunks": post(b"content-length: 5", b"transfer-encoding: chunked", body=END),
    "chunks and length": post(b"transfer-encoding: chunked", b"content-length: 5", body=END),
    "two lengths": post(b"content-length: 5", b"content-length: 6", body=b"abcde"),
    "the same length twice": post(b"content-length: 5", b"content-length: 5", body=b"abcde"),
    "a signed length": post(b"content-length: +5", body=b"abcde"),
    "a list of lengths": post(b"content-length: 5,5", body=b"abcde"),
    "two numbers": post(b"content-length: 5 5", body=b"abcde"),
    "a hexadecimal length": post(b"content-length: 0x5", body=b"abcde"),
    "an empty length": post(b"content-length:", body=b"abcde"),
    "a length above 64 bits": post(b"content-length: 18446744073709551617", body=b"abcde"),
    "an unknown coding": post(b"transfer-encoding: xchunked", body=END),
    "chunked in quotes": post(b'transfer-encoding: "chunked"', body=END),
    "no coding": post(b"transfer-encoding:", body=END),
    "identity": post(b"transfer-encoding: identity", body=END),
    "compressed chunks": post(b"transfer-encoding: gzip, chunked", body=END),
    "chunked, then identity": post(b"transfer-encoding: chunked, identity", body=END),
    "two codings": post(b"transfer-encoding: chunked", b"transfer-encoding: identity", body=END),
    "chunked twice": post(b"transfer-encoding: chunked", b"transfer-encoding: chunked", body=END),
    "a space before the colon": post(b"transfer-encoding : chunked", body=END),
    "a vertical tab": post(b"transfer-encoding:\x0bchunked", body=END),
    "a folded line": get(b"x-a: 1", b" 2"),
    "a folded coding": post(b"transfer-encoding:", b" chunked", body=END),
    "a bare line feed": b"GET /api/dice/odds HTTP/1.1\nhost: x\n\n",
    "a bare line feed after a header": b"GET /api/dice/odds HTTP/1.1\r\nhost: x\nx-a: 1\r\n\r\n",
    "a bare carriage return": b"GET /api/dice/odds HTTP/1.1\r\nhost: x\rx-a: 1\r\n\r\n",
    "a zero byte in a value": get(b"x-a: a\x00b"),
    "a zero byte in a name": get(b"x\x00a: b"),
    "a header without a name": get(b": b"),
    "a header without a colon": get(b"x-a"),
    "a space before the first header": b"GET /api/dice/odds HTTP/1.1\r\n host: x\r\n\r\n",
    "no host": b"GET /api/dice/odds HTTP/1.1\r\n\r\n",
    "two hosts": get(b"host: y"),
    "no version": b"GET /api/dice/odds\r\n\r\n",
    "another version": b"GET /api/dice/odds HTTP/1.2\r\nhost: x\r\n\r\n",
    "HTTP/2 in the clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version 2": b"GET /api/dice/odds HTTP/2.0\r\nhost: x\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /api/auth/refresh HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "an absolute target": b"GET http://evil.example/api/dice/odds HTTP/1.1\r\nhost: x\r\n\r\n",
    "a target of one's own": b"GET evil.example:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
    "an unknown method": b"PLAY /api/dice/odds HTTP/1.1\r\nhost: x\r\n\r\n",
    "an upgrade with a body": post(b"connection: upgrade", b"upgrade: h2c", b"content-length: 5", body=b"abcde"),
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}
"""Refused by their head alone."""

BROKEN_BODIES = {
    "a chunk longer than it says": b"5\r\nabcdeXX\r\n0\r\n\r\n",
    "a chunk ended by a line feed": b"5\nabcde\r\n0\r\n\r\n",
    "a chunk size above 64 bits": b"10000000000000005\r\nabcde\r\n0\r\n\r\n",
    "a chunk size with a prefix": b"0x5\r\nabcde\r\n0\r\n\r\n",
    "a negative chunk size": b"-5\r\nabcde\r\n0\r\n\r\n",
    "a space after the chunk size": b"5 \r\nabcde\r\n0\r\n\r\n",
    "a line feed in an extension": b"5;a\nb\r\nabcde\r\n0\r\n\r\n",
    "no chunk size": b"\r\nabcde\r\n0\r\n\r\n",
}


async def exchange(gateway: RawClient, raw: bytes) -> bytes:
    """Send these bytes and return everything that comes until the gateway closes the connection."""
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    try:
        writer.write(raw)
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


def assert_refused(answer: bytes) -> None:
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nconnection: close\r\n" in answer
    assert b'"code":"REQUEST_UNREADABLE"' in answer


async def assert_nothing_got_through(gateway: RawClient, service: RecordingService) -> None:
    """What might have been on its way has arrived when a later request has been answered."""
    later = "/api/dice/odds?later"
    assert (await gateway.ask("GET", later)).status == 200
    assert [received.target for received in service.received] == [later]


@pytest.mark.parametrize("shape", UNCLEAR)
async def test_an_unclear_head_is_400_and_ends_the_connection(
    gateway: RawClient, service: RecordingService, shape: str
) -> None:
    assert_refused(await exchange(gateway, UNCLEAR[shape] + MARKER))
    await assert_nothing_got_through(gateway, service)


@pytest.mark.parametrize("shape", BROKEN_BODIES)
@pytest.mark.parametrize("method", [b"POST /api/auth/refresh", b"GET /api/dice/odds"])
async def test_a_broken_body_is_400_and_no_service_hears_of_it(
    gateway: RawClient, service: RecordingService, shape: str, method: bytes
) -> None:
    head = b"%b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" % method
    assert_refused(await exchange(gateway, head + BROKEN_BODIES[shape] + MARKER))
    await assert_nothing_got_through(gateway, service)


async def test_a_broken_upload_is_broken_off_for_the_service_too(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    token = token_mint.token(8, "operator").encode()
    head = b"PUT /api/admin/ranking/2026-11-22 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %b\r\n" % token
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(head + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n")
    await eventually(lambda: service.received and service.received[0].body == b"{}")
    writer.write(b"xyz\r\n" + MARKER)
    assert_refused(await reader.read())
    writer.close()
    assert [received.whole for received in service.received] == [False]


async def test_what_was_asked_before_an_unclear_request_is_answered_and_nothing_else(
    gateway: RawClient, service: RecordingService
) -> None:
    answer = await exchange(gateway, get() + get() + UNCLEAR["length and chunks"] + MARKER)
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.count(b"HTTP/1.1 ") == 2
    assert [received.target for received in service.received] == ["/api/dice/odds"] * 2


async def test_after_the_last_request_of_a_connection_nothing_is_read(
    gateway: RawClient, service: RecordingService
) -> None:
    for last in (get(b"connection: close"), get(b"connection: upgrade", b"upgrade: h2c"), b"GET / HTTP/1.0\r\n\r\n"):
        answer = await exchange(gateway, last + MARKER)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1 ") == 1
    assert {received.target for received in service.received} == {"/api/dice/odds"}


async def test_a_trailer_is_no_header(gateway: RawClient, service: RecordingService) -> None:
    """A proxy before us may take a header away; nobody can bring it back behind the body."""
    body = b"2\r\n{}\r\n0\r\nidempotency-key: k\r\nx-request-id: mine\r\nx-a: 1\r\n\r\n"
    assert (await gateway.send(post(b"transfer-encoding: chunked", body=body))).status == 200
    [received] = service.received
    assert received.body == b"{}"
    assert received.values("x-a") == received.values("idempotency-key") == []
    assert received.values("x-request-id") != ["mine"]


async def test_methods_for_proxies_are_405(gateway: RawClient, service: RecordingService) -> None:
    for head in (b"CONNECT evil.example:443", b"TRACE /api/dice/odds", b"TRACE /nowhere"):
        answer = await exchange(gateway, head + b" HTTP/1.1\r\nhost: x\r\n\r\n" + MARKER)
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert b'"code":"METHOD_NOT_ALLOWED"' in answer
        assert b"\r\nallow: DELETE, GET, " in answer
    assert not service.received


async def test_requests_sent_ahead_are_answered_in_order_up_to_a_bound(
    gateway: RawClient, service: RecordingService
) -> None:
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(get() * 10)
    assert [(await read_answer(reader)).status for _ in range(10)] == [200] * 10
    writer.close()
    answer = await exchange(gateway, get() * 1000)
    assert 2 <= answer.count(b"HTTP/1.1 200 ") <= 40
    assert answer.count(b"HTTP/1.1 ") == answer.count(b"HTTP/1.1 200 ")


pieces = st.sampled_from(
    [b"GET ", b"POST ", b"/", b"/api/dice/odds", b" HTTP/1.1", b"\r\n", b"\n", b"\r", b"host: x", b"content-length: ",
     b"5", b"0", b"transfer-encoding: ", b"chunked", b"connection: close", b" ", b"\t", b":", b"\x00", b"\xff", b";"]
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(pieces, max_size=40).map(b"".join))
async def test_whatever_comes_is_answered_as_a_refusal_or_not_at_all(
    gateway: RawClient, service: RecordingService, raw: bytes
) -> None:
    """The bytes are ended like a connection is, so that every request in them is over."""
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(raw)
    writer.write_eof()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 500" not in answer
    assert all(received.target == "/api/dice/odds" for received in service.received)
