"""Plain requests go a short way, all others uvicorn's: nobody can tell from the answers."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from fairground_common.testing import TokenMint, eventually
from fairground_common.web.line import LineProtocol
from fairground_gateway.__main__ import KEEP_ALIVE_SECONDS
from fairground_gateway.app import Gateway
from fairground_gateway.edge.plain import PlainExchange
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.testing import HOST, RawAnswer, RawClient, RecordingService, answering, read_answer, serving

MakeSettings = Callable[..., GatewaySettings]
ODDS = b"GET /api/dice/odds HTTP/1.1\r\nhost: x\r\n\r\n"
LARGE = bytes(range(256)) * 4000


@pytest.fixture
def plain_ways(monkeypatch: pytest.MonkeyPatch) -> list[PlainExchange]:
    """Return a list of the requests that have taken the short way."""
    taken: list[PlainExchange] = []
    answer = PlainExchange.answer

    async def noted(self: PlainExchange, *args: object) -> None:
        taken.append(self)
        await answer(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(PlainExchange, "answer", noted)
    return taken


async def both_ways(gateway: RawClient, request: bytes) -> list[RawAnswer]:
    """Ask twice ahead on one connection: the second one has to wait, so it is not plain."""
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(request * 2)
    answers = [await read_answer(reader) for _ in range(2)]
    writer.close()
    return answers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/dice/odds?n=1", 200),
        ("GET", "/api/dice/status", 401),
        ("POST", "/api/dice/play", 401),
        ("GET", "/api/admin/seasonpass/export.csv", 401),
    ],
)
async def test_both_ways_answer_alike(
    gateway: RawClient, service: RecordingService, plain_ways: list[PlainExchange], method: str, path: str, status: int
) -> None:
    service.usually = answering(headers=[("content-type", "text/csv"), ("a", "1"), ("a", "2")], body=LARGE)
    asked = f"{method} {path} HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\norigin: https://x\r\n\r\n".encode()
    plain, other = await both_ways(gateway, asked)
    assert len(plain_ways) == 1
    assert plain.status == other.status == status
    assert sorted(plain.headers) == sorted(other.headers)
    assert plain.body == other.body


async def test_a_player_asks_alike_on_both_ways(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint, plain_ways: list[PlainExchange]
) -> None:
    head = f"authorization: Bearer {token_mint.token(7)}\r\nidempotency-key: k\r\nx-request-id: mine\r\n"
    trace = f"traceparent: 00-{'a' * 32}-{'b' * 16}-01\r\n"
    await both_ways(gateway, f"POST /api/dice/play?a=b HTTP/1.1\r\nhost: x\r\n{head}{trace}\r\n".encode())
    first, second = service.received
    assert (first.method, first.target, first.headers) == (second.method, second.target, second.headers)
    assert len(plain_ways) == 1


@pytest.mark.parametrize(
    "request_line",
    [b"HEAD /api/dice/odds HTTP/1.1", b"GET /api/dice/odds HTTP/1.0", b"GET /livez HTTP/1.1", b"GET /api/x#y HTTP/1.1"],
)
async def test_what_is_not_plain_takes_the_other_way(
    gateway: RawClient, service: RecordingService, plain_ways: list[PlainExchange], request_line: bytes
) -> None:
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(request_line + b"\r\nhost: x\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 ")
    writer.close()
    assert not plain_ways


async def test_a_large_answer_waits_for_a_client_that_takes_its_time(
    gateway: RawClient, service: RecordingService, plain_ways: list[PlainExchange]
) -> None:
    service.usually = answering(body=LARGE * 8)
    reader, writer = await asyncio.open_connection(HOST, gateway.port, limit=1024)
    writer.write(ODDS * 2)
    await eventually(lambda: bool(plain_ways) and plain_ways[0].response_started)
    assert not plain_ways[0].response_complete
    assert [(await read_answer(reader)).body == LARGE * 8 for _ in range(2)] == [True, True]
    writer.close()


async def test_a_client_that_has_left_harms_nobody(
    make_settings: MakeSettings, service: RecordingService, urls: dict[str, str], plain_ways: list[PlainExchange]
) -> None:
    answered = asyncio.Event()

    async def when_told(received: object, writer: asyncio.StreamWriter) -> None:
        await answered.wait()
        await answering(body=LARGE)(received, writer)  # type: ignore[arg-type]

    service.script.append(when_told)
    async with serving(make_settings(**urls, upstream_connections=1)) as gateway:
        _, writer = await asyncio.open_connection(HOST, gateway.port)
        writer.write(ODDS)
        await eventually(lambda: bool(service.received))
        writer.transport.abort()
        await eventually(lambda: plain_ways[0].disconnected)
        answered.set()
        assert (await gateway.ask("GET", "/api/dice/odds")).status == 200


async def test_what_was_answered_is_noted(
    make_settings: MakeSettings, service: RecordingService, urls: dict[str, str]
) -> None:
    lines: list[bytes] = []
    gateway = Gateway(make_settings(**urls, access_log=True), lines.append)
    async with serving(make_settings(**urls), gateway=gateway) as client:
        assert (await client.ask("GET", "/api/dice/odds", [("x-request-id", "mine")])).status == 200
        await eventually(lambda: bool(lines))
    [line] = map(json.loads, b"".join(lines).splitlines())
    assert (line["request_id"], line["status"], line["path"], line["upstream"]) == (
        "mine",
        200,
        "/api/dice/odds",
        "games",
    )


async def test_a_connection_is_kept_as_long_as_it_is_used(
    make_settings: MakeSettings, service: RecordingService, urls: dict[str, str]
) -> None:
    """The timer of the first wait goes off in between, and means nothing."""
    async with serving(make_settings(**urls), keep_alive=1) as gateway:
        reader, writer = await asyncio.open_connection(HOST, gateway.port)
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            writer.write(ODDS)
            assert (await read_answer(reader)).status == 200
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_a_timer_that_goes_off_too_early_is_set_for_the_rest(
    gateway: RawClient, service: RecordingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[tuple[LineProtocol, float]] = []
    monkeypatch.setattr(LineProtocol, "_look_after", lambda line, seconds: waits.append((line, seconds)))
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    writer.write(ODDS)
    assert (await read_answer(reader)).status == 200
    waits[0][0]._look()
    writer.write(ODDS)
    assert (await read_answer(reader)).status == 200
    assert 0 < waits[1][1] <= waits[0][1] == KEEP_ALIVE_SECONDS
    writer.close()
