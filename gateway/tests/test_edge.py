"""Limits of size and time before a request is one: nobody holds the gateway by being large or slow."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from pathlib import Path

import pytest

from fairground_common.testing import TokenMint, eventually
from fairground_gateway import body
from fairground_gateway.edge import stall
from fairground_gateway.edge.stage import DEADLINES, Stage
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.testing import HOST, RawAnswer, RawClient, RecordingService, answering, read_answer, serving

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
MakeSettings = Callable[..., GatewaySettings]
KB = 1024
ESTABLISHED = "01"
GET = b"GET /api/dice/odds HTTP/1.1\r\nhost: x\r\n"


async def send_and_read_to_the_end(client: RawClient, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, client.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


async def read_to_the_end(reader: asyncio.StreamReader) -> RawAnswer:
    """Read one answer, after which the gateway must close."""
    answer = await read_answer(reader)
    assert answer.header("connection") == "close"
    with suppress(ConnectionResetError):  # what the client still sends is taken by nobody
        assert await asyncio.wait_for(reader.read(), 10) == b""
    return answer


async def test_8_kb_of_target_pass_and_a_byte_more_is_414(gateway: RawClient, service: RecordingService) -> None:
    path = "/api/dice/odds?q="
    longest = path + "x" * (8 * KB - len(path))
    assert (await gateway.ask("GET", longest)).status == 200
    refused = await gateway.ask("GET", longest + "x")
    assert (refused.status, refused.code, refused.header("connection")) == (414, "URI_TOO_LONG", "close")
    assert len(service.received) == 1


async def test_32_kb_of_headers_pass_and_more_is_431(gateway: RawClient, service: RecordingService) -> None:
    block = [(f"x-{n}", "x" * 2000) for n in range(15)]
    assert (await gateway.ask("GET", "/api/dice/odds", block)).status == 200
    refused = await gateway.ask("GET", "/api/dice/odds", [*block, ("x-15", "x" * 3000)])
    assert (refused.status, refused.code, refused.header("connection")) == (431, "HEADERS_TOO_LARGE", "close")
    many = await gateway.ask("GET", "/api/dice/odds", [(f"x-{n}", "") for n in range(6000)])
    assert many.code == "HEADERS_TOO_LARGE"
    assert len(service.received) == 1


async def test_a_token_of_9_kb_is_431_before_anybody_reads_it(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    token = token_mint.token(7, padding="x" * 9 * KB)
    refused = await gateway.ask("GET", "/api/dice/status", [("authorization", f"Bearer {token}")])
    assert (refused.status, refused.code) == (431, "HEADERS_TOO_LARGE")
    assert not service.received


@pytest.mark.parametrize(
    ("start", "status"), [(b"GET /", b"414"), (GET + b"x-a: ", b"431"), (GET + b"x" * 100, b"431"), (b"GET", b"400")]
)
async def test_what_never_ends_is_refused_while_it_comes(gateway: RawClient, start: bytes, status: bytes) -> None:
    answer = await send_and_read_to_the_end(gateway, start, *[b"x" * KB] * 100)
    assert answer.startswith(b"HTTP/1.1 " + status)


async def test_a_refusal_is_a_problem_like_any_other(gateway: RawClient) -> None:
    answer = await gateway.send(GET + b"x-a: %b\r\n\r\n" % (b"x" * 9 * KB))
    assert answer.header("content-type") == "application/problem+json"
    assert answer.json["instance"] == "/api/dice/odds"
    assert answer.json["request_id"] == answer.header("x-request-id")
    assert answer.header("connection") == "close"


async def test_requests_one_after_the_other_do_not_add_up(gateway: RawClient, service: RecordingService) -> None:
    whole = GET + b"x-a: %b\r\n\r\n" % (b"x" * 7 * KB)
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    for number in range(8):
        for at in range(0, len(whole), 3 * KB):
            writer.write(whole[at : at + 3 * KB])
            await asyncio.sleep(0.002)  # so that the pieces come one by one
        assert (await read_answer(reader)).status == 200, number
    writer.close()


async def test_a_body_and_the_next_head_in_one_piece_are_told_apart(
    gateway: RawClient, service: RecordingService
) -> None:
    post = b"POST /api/auth/refresh HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n" + b"x" * 60_000
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(post + GET[:20])
    assert (await read_answer(reader)).status == 200
    writer.write(GET[20:] + b"\r\n")
    assert (await read_answer(reader)).status == 200
    writer.close()


@pytest.fixture
def short_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    for stage in (Stage.HEAD, Stage.BODY, Stage.REFUSED):
        monkeypatch.setitem(DEADLINES, stage, 0.2)


async def test_a_head_that_does_not_end_in_time_is_408(gateway: RawClient, short_deadlines: None) -> None:
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    dripping = asyncio.create_task(drip(writer, GET + b"x-a: " + b"x" * 1000))
    answer = await read_to_the_end(reader)
    assert (answer.status, answer.code) == (408, "REQUEST_TIMEOUT")
    dripping.cancel()
    writer.close()


async def test_a_connection_that_asks_nothing_is_closed_without_a_word(
    gateway: RawClient, short_deadlines: None
) -> None:
    assert await send_and_read_to_the_end(gateway) == b""


async def test_empty_lines_are_no_request_and_keep_nothing_open(gateway: RawClient, short_deadlines: None) -> None:
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(GET + b"\r\n")
    assert (await read_answer(reader)).status == 200
    dripping = asyncio.create_task(drip(writer, b"\r\n" * 500))
    assert (await read_to_the_end(reader)).code == "REQUEST_TIMEOUT"
    dripping.cancel()
    writer.close()


async def test_a_body_nobody_waits_for_keeps_nothing_open(gateway: RawClient, short_deadlines: None) -> None:
    """The answer, 401, went out when the head was there."""
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(b"POST /api/dice/play HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n")
    assert (await read_answer(reader)).status == 401
    dripping = asyncio.create_task(drip(writer, b"x" * 60_000))
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    dripping.cancel()
    writer.close()


async def test_a_connection_whose_body_ends_after_the_answer_is_kept_and_not_for_ever(
    make_settings: MakeSettings, service: RecordingService, urls: dict[str, str]
) -> None:
    async with serving(make_settings(**urls), keep_alive=1) as gateway:
        reader, writer = await asyncio.open_connection(HOST, gateway.port)
        for _ in range(2):
            writer.write(b"POST /api/dice/play HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n")
            assert (await read_answer(reader)).status == 401
            writer.write(b"late")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_a_request_on_its_way_is_answered_when_the_gateway_ends(
    make_settings: MakeSettings, service: RecordingService, urls: dict[str, str]
) -> None:
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(serving(make_settings(**urls)))
        begun, fresh, idle = [await asyncio.open_connection(HOST, gateway.port) for _ in range(3)]
        begun[1].write(GET)
        idle[1].write(GET + b"\r\n")
        assert (await read_answer(idle[0])).status == 200
        ending = asyncio.create_task(stack.aclose())
        assert await idle[0].read() == b""
        begun[1].write(b"\r\n")
        fresh[1].write(GET + b"\r\n")
        for reader, _ in (begun, fresh):
            assert (await read_to_the_end(reader)).status == 200
        for _, writer in (begun, fresh, idle):
            writer.close()
        await ending


async def test_a_slow_answer_of_a_service_is_no_slowness_of_the_client(
    gateway: RawClient, service: RecordingService, short_deadlines: None
) -> None:
    async def take_a_while(received: object, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        await answering()(received, writer)  # type: ignore[arg-type]

    service.usually = take_a_while
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(GET + b"\r\n\r\n")  # with an empty line, as old clients send it after a body
    assert (await read_answer(reader)).status == 200
    writer.close()


async def test_a_body_below_1_kb_a_second_is_408(
    gateway: RawClient, service: RecordingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "START_SECONDS", 0.1)
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(b"POST /api/auth/refresh HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n")
    dripping = asyncio.create_task(drip(writer, b"x" * 60_000))
    assert (await read_to_the_end(reader)).code == "REQUEST_TIMEOUT"
    dripping.cancel()
    writer.close()
    assert not service.received


async def drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for at in range(len(data)):
        if writer.is_closing():
            return
        writer.write(data[at : at + 1])
        await asyncio.sleep(0.005)


async def test_a_client_that_takes_nothing_of_its_answers_is_cut_off(
    gateway: RawClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stall, "SECONDS", 0.2)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((HOST, gateway.port))
        client.setblocking(False)
        client.send(b"GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\n\r\n" * 8)
        await eventually(lambda: is_held(client, gateway.port))
        await eventually(lambda: not is_held(client, gateway.port), within=30)


def is_held(client: socket.socket, port: int) -> bool:
    """Tell whether the gateway's end of a connection is open. The kernel is asked, as the client reads nothing."""
    ends = f":{port:04X}", f":{client.getsockname()[1]:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(line[1].endswith(ends[0]) and line[2].endswith(ends[1]) and line[3] == ESTABLISHED for line in lines)


async def test_an_address_has_only_so_many_connections_and_others_are_not_touched(
    run_gateway: RunGateway, service: RecordingService
) -> None:
    async with run_gateway(connections_per_ip=5) as gateway:
        held = [await asyncio.open_connection(HOST, gateway.port) for _ in range(5)]
        refused = await gateway.ask("GET", "/api/dice/odds")
        assert (refused.status, refused.code, refused.header("retry-after")) == (429, "TOO_MANY_CONNECTIONS", "1")
        reader, writer = await asyncio.open_connection(HOST, gateway.port, local_addr=("127.0.0.2", 0))
        writer.write(GET + b"\r\n")
        assert (await read_answer(reader)).status == 200
        for _, each in [*held, (reader, writer)]:
            each.close()

        async def is_let_in() -> bool:
            return (await gateway.ask("GET", "/api/dice/odds")).status == 200

        await eventually(is_let_in)


async def test_a_trusted_proxy_may_have_more(run_gateway: RunGateway, service: RecordingService) -> None:
    async with run_gateway(connections_per_ip=1, trusted_proxies=("127.0.0.0/8",)) as gateway:
        answers = await asyncio.gather(*(gateway.ask("GET", "/api/dice/odds") for _ in range(10)))
    assert {answer.status for answer in answers} == {200}


async def test_slow_connections_do_not_slow_anybody_else(gateway: RawClient, service: RecordingService) -> None:
    """No time is judged here: that they are answered at all while 300 others drip is the claim."""
    slow = [await asyncio.open_connection(HOST, gateway.port) for _ in range(300)]
    for _, writer in slow:
        writer.write(GET[:-2])
    for _ in range(50):
        for _, writer in slow[::10]:
            writer.write(b"x")
        assert (await gateway.ask("GET", "/api/dice/odds")).status == 200
    for _, writer in slow:
        writer.close()


async def test_large_refused_bodies_are_not_kept_in_memory(gateway: RawClient) -> None:
    head = b"POST /api/auth/refresh HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%b\r\n" % (64 * KB, b"x" * 64 * KB)
    await gateway.send(head + chunk * 32)
    before = resident_bytes()
    for _ in range(20):
        answer = await gateway.send(head + chunk * 32)
        assert answer.code == "PAYLOAD_TOO_LARGE"
    assert resident_bytes() - before < 5 * KB * KB


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
