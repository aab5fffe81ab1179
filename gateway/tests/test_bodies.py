"""Bodies: small ones are read whole before a service is asked, the upload is passed on as it comes."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from fairground_common.testing import TokenMint, eventually
from fairground_gateway import body
from fairground_gateway.testing import RawClient, Received, RecordingService, answering, breaking_off, read_answer

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
LOGIN = b"POST /api/auth/login HTTP/1.1\r\nhost: x\r\n"
KB = 1024


@pytest.fixture
def upload_head(token_mint: TokenMint) -> bytes:
    token = token_mint.token(8, "operator")
    return b"PUT /api/admin/ranking/2026-11-22 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %b\r\n" % token.encode()


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


async def test_64_kb_pass_and_a_byte_more_is_413(gateway: RawClient, service: RecordingService) -> None:
    assert (await gateway.ask("POST", "/api/auth/login", body=b"x" * 64 * KB)).status == 200
    assert service.received[0].body == b"x" * 64 * KB
    refused = await gateway.ask("POST", "/api/auth/login", body=b"x" * (64 * KB + 1))
    assert (refused.status, refused.code, refused.header("connection")) == (413, "PAYLOAD_TOO_LARGE", "close")
    assert len(service.received) == 1


async def test_a_chunked_body_is_measured_too_and_arrives_with_a_length(
    gateway: RawClient, service: RecordingService
) -> None:
    head = LOGIN + b"transfer-encoding: chunked\r\n\r\n"
    assert (await gateway.send(head + chunked(b"ab", b"cd") + b"0\r\n\r\n")).status == 200
    [received] = service.received
    assert (received.body, received.values("content-length")) == (b"abcd", ["4"])
    assert received.values("transfer-encoding") == []
    refused = await gateway.send(head + chunked(*[b"x" * 32 * KB] * 3) + b"0\r\n\r\n")
    assert refused.code == "PAYLOAD_TOO_LARGE"
    assert len(service.received) == 1


async def test_a_huge_declared_body_is_refused_before_it_is_sent(gateway: RawClient, service: RecordingService) -> None:
    answer = await gateway.send(LOGIN + b"content-length: 9999999999\r\n\r\n")
    assert answer.code == "PAYLOAD_TOO_LARGE"
    waiting = await gateway.send(LOGIN + b"content-length: 99999\r\nexpect: 100-continue\r\n\r\n")
    assert waiting.code == "PAYLOAD_TOO_LARGE"
    assert not service.received


async def test_a_body_that_does_not_come_is_given_up_and_no_service_hears_of_it(
    gateway: RawClient, service: RecordingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "READ_SECONDS", 0.1)
    answer = await gateway.send(LOGIN + b"content-length: 10\r\n\r\nhalf")
    assert (answer.status, answer.code, answer.header("connection")) == (408, "REQUEST_TIMEOUT", "close")
    assert not service.received


async def test_a_client_that_leaves_in_the_middle_of_its_body_reaches_no_service(
    gateway: RawClient, service: RecordingService
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(LOGIN + b"content-length: 10\r\n\r\nhalf")
    await writer.drain()
    writer.close()
    assert (await gateway.ask("POST", "/api/auth/login", body=b"whole")).status == 200
    assert [received.body for received in service.received] == [b"whole"]


async def test_a_get_passes_no_body_on(gateway: RawClient, service: RecordingService) -> None:
    assert (await gateway.ask("GET", "/api/roulette/odds", body=b"ignored")).status == 200
    [received] = service.received
    assert received.body == b""
    assert received.values("content-length") == []


async def test_a_post_without_a_body_says_so(gateway: RawClient, service: RecordingService) -> None:
    await gateway.ask("POST", "/api/auth/logout")
    assert service.received[0].values("content-length") == ["0"]


@pytest.mark.parametrize("declared", [True, False])
async def test_an_upload_is_passed_on_as_it_comes(
    gateway: RawClient, service: RecordingService, upload_head: bytes, declared: bool
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    framing = b"content-length: 400000\r\n\r\n" if declared else b"transfer-encoding: chunked\r\n\r\n"
    piece = b"x" * 100_000 if declared else chunked(b"x" * 100_000)
    writer.write(upload_head + framing + piece)
    await eventually(lambda: service.received and len(service.received[0].body) == 100_000)
    assert [received.whole for received in service.received] == [False]
    writer.write(piece * 3 + (b"" if declared else b"0\r\n\r\n"))
    assert (await read_answer(reader)).status == 200
    writer.close()
    assert [received.whole for received in service.received] == [True]
    assert service.received[0].body == b"x" * 400_000


async def test_an_upload_above_10_mb_is_413_and_the_service_sees_it_broken_off(
    gateway: RawClient, service: RecordingService, upload_head: bytes
) -> None:
    answer = await gateway.send(upload_head + b"content-length: 10485761\r\n\r\n")
    assert answer.code == "PAYLOAD_TOO_LARGE"
    assert not service.received
    pieces = chunked(*[b"x" * 1024 * KB] * 11)
    answer = await gateway.send(upload_head + b"transfer-encoding: chunked\r\n\r\n" + pieces)
    assert answer.code == "PAYLOAD_TOO_LARGE"
    assert not service.received[0].whole


async def test_an_aborted_upload_is_aborted_for_the_service_too(
    gateway: RawClient, service: RecordingService, upload_head: bytes
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(upload_head + b"content-length: 1000\r\n\r\nhalf")
    await eventually(lambda: service.received and service.received[0].body == b"half")
    open_before = len(service._writers)
    writer.close()
    await eventually(lambda: len(service._writers) < open_before)
    assert not service.received[0].whole


async def test_an_early_answer_ends_an_upload(
    run_gateway: RunGateway, service: RecordingService, upload_head: bytes
) -> None:
    async def refuse_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answering(422)(Received(), writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(refuse_at_once, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, run_gateway(ranking_url=f"http://127.0.0.1:{port}") as gateway:
        answer = await gateway.send(upload_head + b"content-length: 1000\r\n\r\nhalf")
    assert answer.status == 422


async def test_an_upload_is_never_repeated(gateway: RawClient, service: RecordingService, upload_head: bytes) -> None:
    service.usually = breaking_off
    answer = await gateway.send(upload_head + b"idempotency-key: k\r\ncontent-length: 2\r\n\r\n{}")
    assert answer.status == 502
    assert len(service.received) == 1
