"""Rate limits as clients meet them: two gateway processes, one Valkey, and Valkey in trouble."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from fairground_common.testing import TokenMint, eventually
from fairground_common.testing.processes import Program, surroundings
from fairground_common.testing.proxy import TcpProxy, proxied
from fairground_gateway.testing import GATEWAY_KEY, RawAnswer, RawClient, RecordingService, answering

VALKEY_PORT = 6379
LIMIT = 20
REQUESTS = 10 * LIMIT
READY = answering(body=b'{"status":"ready"}')


@pytest_asyncio.fixture(scope="module")
async def valkey_proxy(valkey: str) -> AsyncIterator[TcpProxy]:
    async with proxied(valkey, VALKEY_PORT) as proxy:
        yield proxy


@pytest_asyncio.fixture(scope="module")
async def gateways(
    one_service: RecordingService,
    valkey: str,
    valkey_proxy: TcpProxy,
    token_mint: TokenMint,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[list[RawClient]]:
    """Yield clients of two gateway processes that count in the same Valkey, through the proxy."""
    folder: Path = tmp_path_factory.mktemp("state")
    token_mint.keep_in(folder)
    urls = {f"GATEWAY_{name}_URL": one_service.url for name in ("AUTH", "GAMES", "SEASONPASS", "RANKING")}
    told = {"JWKS_URL": "http://127.0.0.1:9/", "GATEWAY_KEY": GATEWAY_KEY, "ACCESS_LOG": "false", **urls}
    environ = surroundings(folder, RATE_LIMIT_USER=str(LIMIT), REDIS_URL=valkey_proxy.url(valkey), **told)
    programs = [Program("fairground_gateway", environ, "GATEWAY_PORT").on_a_free_port() for _ in range(2)]
    one_service.usually = READY
    async with AsyncExitStack() as stack:
        for program in programs:
            await stack.enter_async_context(program.ready())
        yield [RawClient(program.port) for program in programs]


@pytest_asyncio.fixture
async def sharing(
    gateways: list[RawClient], service: RecordingService, valkey_proxy: TcpProxy
) -> AsyncIterator[list[RawClient]]:
    """Yield the gateways when both count in Valkey; put right afterwards what a test did to it."""
    service.usually = READY
    for gateway in gateways:
        await eventually(lambda each=gateway: _shares(each), within=30)  # type: ignore[misc]
    service.forget()
    yield gateways
    valkey_proxy.delay(0)
    valkey_proxy.thaw()
    await valkey_proxy.refuse()
    await valkey_proxy.start()


async def _shares(gateway: RawClient) -> bool:
    return bool((await gateway.ask("GET", "/readyz")).json["checks"]["rate_limits"] == "ready")


class Rush:
    """Many requests of one user at once, by turns to each gateway."""

    def __init__(self, answers: list[RawAnswer], seconds: float) -> None:
        self.passed = sum(answer.status == 200 for answer in answers)
        self.refused = [answer for answer in answers if answer.status != 200]
        self.windows = 1 + math.floor(seconds)
        """How many times the limit may have been used up: a slow machine may take longer than a second."""


@pytest.fixture
def rush(sharing: list[RawClient], token_mint: TokenMint) -> Callable[[], Awaitable[Rush]]:
    async def run() -> Rush:
        headers = [("authorization", f"Bearer {token_mint.token(uuid4().int % 10**12)}")]
        began = time.monotonic()
        asked = (sharing[n % 2].ask("POST", "/api/dice/play", headers) for n in range(REQUESTS))
        return Rush(await asyncio.gather(*asked), time.monotonic() - began)

    return run


def assert_all_told_to_wait(rush: Rush) -> None:
    seen = Counter((each.status, each.code, each.header("retry-after")) for each in rush.refused)
    assert seen.keys() == {(429, "RATE_LIMITED", "1")}
    assert all(each.header("ratelimit-policy") == f'"user";q={LIMIT};w=1' for each in rush.refused)


async def test_two_processes_let_exactly_the_limit_through(
    rush: Callable[[], Awaitable[Rush]], service: RecordingService
) -> None:
    result = await rush()
    assert LIMIT <= result.passed <= LIMIT * result.windows
    assert len(service.received) == result.passed
    assert_all_told_to_wait(result)


@pytest.mark.parametrize("trouble", ["gone", "frozen", "slow"])
async def test_with_valkey_in_trouble_each_process_counts_alone_and_nothing_fails(
    rush: Callable[[], Awaitable[Rush]], valkey_proxy: TcpProxy, trouble: str
) -> None:
    if trouble == "gone":
        await valkey_proxy.refuse()
    elif trouble == "frozen":
        valkey_proxy.freeze()
    else:
        valkey_proxy.delay(0.2)
    result = await rush()
    assert LIMIT <= result.passed <= 3 * LIMIT * result.windows  # some were counted in Valkey before it was given up
    assert_all_told_to_wait(result)


async def test_a_flushed_valkey_begins_to_count_anew(
    rush: Callable[[], Awaitable[Rush]], valkey: str, sharing: list[RawClient]
) -> None:
    reader, writer = await asyncio.open_connection(*_place(valkey))
    writer.write(b"FLUSHALL\r\nSCRIPT FLUSH\r\n")
    assert [await reader.readline(), await reader.readline()] == [b"+OK\r\n", b"+OK\r\n"]
    writer.close()
    result = await rush()
    assert LIMIT <= result.passed <= LIMIT * result.windows
    assert_all_told_to_wait(result)


def _place(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("redis://").partition("/")[0].split(":")
    return host, int(port)
