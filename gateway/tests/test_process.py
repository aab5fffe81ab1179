"""The gateway as a process: what it says, and how it ends."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fairground_common.embedded import free_port
from fairground_common.exits import EXIT_PORT_TAKEN
from fairground_common.testing import TokenMint, eventually
from fairground_common.testing.process_claims import ProcessClaims, assert_one_line
from fairground_common.testing.processes import Program, stopped, surroundings
from fairground_common.testing.proxy import proxied
from fairground_gateway.testing import GATEWAY_KEY, RawClient, RecordingService, answering, staying_silent

HOST = "127.0.0.1"


def gateway_program(service: RecordingService, folder: Path, **more: str) -> Program:
    urls = {f"GATEWAY_{name}_URL": service.url for name in ("AUTH", "GAMES", "SEASONPASS", "RANKING")}
    environ = surroundings(folder, JWKS_URL="http://127.0.0.1:9/", GATEWAY_KEY=GATEWAY_KEY, **urls, **more)
    return Program("fairground_gateway", environ, "GATEWAY_PORT").on_a_free_port()


@asynccontextmanager
async def gateway_process(
    service: RecordingService, folder: Path, **more: str
) -> AsyncIterator[tuple[RawClient, asyncio.subprocess.Process]]:
    program = gateway_program(service, folder, **more)
    client = RawClient(program.port)
    async with program.running() as process:
        await eventually(lambda: _answers(client), within=30)
        yield client, process


async def _answers(client: RawClient) -> bool:
    try:
        return (await client.ask("GET", "/livez")).status == 200
    except (OSError, asyncio.IncompleteReadError):
        return False


async def output_after_the_end(process: asyncio.subprocess.Process) -> list[dict[str, object]]:
    end = await stopped(process)
    assert end.code == 0
    return [json.loads(line) for line in end.output.splitlines()]


class TestGateway(ProcessClaims):
    @pytest.fixture
    def program(self, service: RecordingService, tmp_path: Path) -> Program:
        service.usually = answering(body=b'{"status":"ready","checks":{}}')
        return gateway_program(service, tmp_path)


async def test_each_request_is_one_line_without_secrets(
    service: RecordingService, token_mint: TokenMint, tmp_path: Path
) -> None:
    token_mint.keep_in(tmp_path)
    token = token_mint.token(7)
    headers = [
        ("authorization", f"Bearer {token}"),
        ("x-request-id", "mine"),
        ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01"),
    ]
    async with gateway_process(service, tmp_path) as (client, process):
        assert (await client.ask("POST", "/api/dice/play?secret=1", headers)).status == 200
        lines = await output_after_the_end(process)
    [line] = [line for line in lines if line.get("request_id") == "mine"]
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("POST", "/api/dice/play", 200)
    assert (line["user_id"], line["upstream"], line["client_ip"]) == (7, "games", HOST)
    assert line["trace_id"] == "a" * 32
    everything = json.dumps(lines)
    assert not any(secret in everything for secret in (token, GATEWAY_KEY, "secret=1"))


async def test_the_access_log_can_be_switched_off(service: RecordingService, tmp_path: Path) -> None:
    async with gateway_process(service, tmp_path, ACCESS_LOG="false") as (client, process):
        await client.ask("GET", "/api/dice/odds")
        lines = await output_after_the_end(process)
    assert not [line for line in lines if line["event"] == "request"]


async def test_with_everything_frozen_it_still_says_how_it_is(
    service: RecordingService, valkey: str, tmp_path: Path
) -> None:
    async with proxied(valkey, 6379) as proxy:
        proxy.freeze()
        service.usually = staying_silent
        shared = {"REDIS_URL": proxy.url(valkey), "RATE_LIMIT_IP": "1000"}
        async with gateway_process(service, tmp_path, **shared) as (client, _process):
            assert (await client.ask("GET", "/livez")).status == 200
            ready = await client.ask("GET", "/readyz")
    assert ready.status == 503
    assert ready.json["checks"] == {
        **dict.fromkeys(("auth", "games", "seasonpass", "ranking"), "away"),
        "token_keys": "degraded",
        "rate_limits": "degraded",
    }


async def test_told_to_end_it_is_unready_at_once_and_serves_on_for_a_while(
    service: RecordingService, tmp_path: Path
) -> None:
    async with gateway_process(service, tmp_path, DRAIN_SECONDS="2") as (client, process):
        process.send_signal(signal.SIGTERM)

        async def unready() -> bool:
            return (await client.ask("GET", "/readyz")).status == 503

        await eventually(unready)
        assert (await client.ask("GET", "/readyz")).json["checks"] == {"process": "ending"}
        served = await client.ask("GET", "/api/dice/odds")
        assert (served.status, served.header("connection")) == (200, "close")
        assert await asyncio.wait_for(process.wait(), 25) == 0


async def test_a_request_under_way_is_finished_before_the_end(service: RecordingService, tmp_path: Path) -> None:
    async with gateway_process(service, tmp_path) as (client, process):
        arrived = asyncio.Event()
        finish = asyncio.Event()

        async def slow(_received: object, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await finish.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone")

        service.usually = slow
        asking = asyncio.create_task(client.ask("GET", "/api/dice/odds"))
        await arrived.wait()
        process.send_signal(signal.SIGTERM)
        await eventually(lambda: _refuses(client))
        finish.set()
        assert (await asking).body == b"done"
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def _refuses(client: RawClient) -> bool:
    return not await _answers(client)


async def test_it_tells_its_numbers_on_a_port_of_their_own_only(service: RecordingService, tmp_path: Path) -> None:
    inside = RawClient(free_port())
    async with gateway_process(service, tmp_path, GATEWAY_METRICS_PORT=str(inside.port)) as (outside, _):
        assert (await outside.ask("GET", "/metrics")).status == 404
        assert (await outside.ask("GET", "/api/roulette/odds")).status == 200
        told = await inside.ask("GET", "/metrics")
        assert (await inside.ask("GET", "/livez")).status == 404
    assert b'\nfairground_upstream_circuit_open{upstream="games"} 0\n' in told.body
    assert b"\nfairground_rate_limits_shared " not in told.body
    for labels in (b'route="none",status="4xx"', b'route="/api/{game}/odds",status="2xx"'):
        assert b'fairground_http_request_duration_seconds_count{method="GET",%b} 1\n' % labels in told.body


async def test_a_taken_metrics_port_is_one_line_that_names_it(service: RecordingService, tmp_path: Path) -> None:
    program = gateway_program(service, tmp_path)
    taken = await asyncio.start_server(lambda _reader, writer: writer.close(), HOST, 0)
    port = taken.sockets[0].getsockname()[1]
    async with taken:
        end = await program.told(GATEWAY_METRICS_PORT=str(port)).end()
    assert_one_line(end, EXIT_PORT_TAKEN, f"cannot listen on {HOST}:{port}: Address already in use")
