"""Rate limits: exact over several gateways through Valkey, local while it is away, never a reason for an error."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairground_common.errors import RateLimitReached
from fairground_common.testing import TokenMint, eventually
from fairground_common.testing.proxy import proxied
from fairground_gateway.limits import Limits, RateLimiter
from fairground_gateway.limits.shared import SharedAway, SharedWindows
from fairground_gateway.limits.window import Allowance, LocalWindows
from fairground_gateway.routes import Limit
from fairground_gateway.testing import RawAnswer, RawClient, RecordingService
from fairground_gateway.upstream import Headers

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
VALKEY_PORT = 6379
ROUNDING = 1e-9
"""Of the sum of many floats; a nanosecond more or less is no request more."""


def some_ip() -> str:
    return f"test-{uuid4().hex}"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[SharedWindows]:
    shared = SharedWindows(url)
    keeping = asyncio.create_task(shared.stay_connected())
    try:
        await eventually(lambda: shared.connected)
        yield shared
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def passes(limiter: RateLimiter, ip: str, user_id: int | None = None, limit: Limit = Limit.NONE) -> bool:
    headers: Headers = []
    try:
        await limiter.admit(ip, user_id, limit, headers)
    except RateLimitReached:
        return False
    finally:
        assert [name for name, _ in headers] == [b"ratelimit-policy", b"ratelimit"]
    return True


def limiter(per_ip: int, per_user: int, shared: SharedWindows | None) -> RateLimiter:
    return RateLimiter(Limits(ip=per_ip, user=per_user), shared)


async def test_two_gateways_let_exactly_the_limit_through(valkey: str) -> None:
    ip = some_ip()
    async with connected(valkey) as one, connected(valkey) as other:
        limiters = [limiter(20, 0, one), limiter(20, 0, other)]
        answers = await asyncio.gather(*(passes(limiters[n % 2], ip) for n in range(200)))
    assert sum(answers) == 20


async def test_the_window_slides(valkey: str) -> None:
    ip = some_ip()
    async with connected(valkey) as shared:
        limited = limiter(3, 0, shared)
        assert [await passes(limited, ip) for _ in range(5)] == [True, True, True, False, False]
        await eventually(lambda: passes(limited, ip), within=3)


async def test_a_request_counts_in_every_allowance_or_in_none(valkey: str) -> None:
    ip, user_id = some_ip(), uuid4().int % 10**15
    async with connected(valkey) as shared:
        limited = limiter(5, 2, shared)
        assert [await passes(limited, ip, user_id) for _ in range(4)] == [True, True, False, False]
        assert [await passes(limited, ip) for _ in range(4)] == [True, True, True, False]


async def test_answers_tell_the_policy_and_what_is_left(valkey: str) -> None:
    headers: Headers = []
    async with connected(valkey) as shared:
        await limiter(5, 2, shared).admit(some_ip(), uuid4().int % 10**15, Limit.NONE, headers)
    assert headers == [
        (b"ratelimit-policy", b'"ip";q=5;w=1, "user";q=2;w=1'),
        (b"ratelimit", b'"ip";r=4;t=1, "user";r=1;t=1'),
    ]


async def test_shared_and_local_windows_decide_alike(valkey: str) -> None:
    local = LocalWindows()
    async with connected(valkey) as shared:
        allowances = [Allowance("ip", some_ip(), 4), Allowance("user", some_ip(), 6)]
        for _ in range(8):
            there, here = await shared.decide(allowances), local.decide(allowances)
            assert there.left == here.left
            assert (there.wait > 0) == (here.wait > 0)


@given(st.lists(st.floats(0, 0.6), min_size=1, max_size=60), st.integers(1, 5))
def test_no_second_ever_holds_more_than_the_limit(gaps: list[float], limit: int) -> None:
    now = 0.0
    windows = LocalWindows(lambda: now)
    passed: list[float] = []
    for gap in gaps:
        now += gap
        if windows.decide([Allowance("ip", "k", limit)]).wait == 0:
            passed.append(now)
    for at in passed:
        assert sum(at - 1 + ROUNDING < each <= at for each in passed) <= limit


@given(st.lists(st.floats(0, 0.6), min_size=1, max_size=60), st.integers(1, 5))
def test_waiting_as_told_is_always_enough(gaps: list[float], limit: int) -> None:
    now = 0.0
    windows = LocalWindows(lambda: now)
    for gap in gaps:
        now += gap
        wait = windows.decide([Allowance("ip", "k", limit)]).wait
        if wait > 0:
            now += wait + 1e-9
            assert windows.decide([Allowance("ip", "k", limit)]).wait == 0


async def test_a_restarted_server_is_found_again_and_knows_the_script(valkey: str) -> None:
    async with proxied(valkey, VALKEY_PORT) as proxy, connected(proxy.url(valkey)) as shared:
        allowance = [Allowance("ip", some_ip(), 5)]
        assert (await shared.decide(allowance)).left == (4,)
        await _flush_scripts(valkey)
        assert (await shared.decide(allowance)).left == (3,)
        await proxy.refuse()
        with pytest.raises(SharedAway):
            await eventually(lambda: shared.decide(allowance))
        await proxy.start()
        await eventually(lambda: shared.connected)
        await shared.decide(allowance)


async def _flush_scripts(url: str) -> None:
    host, _, port = url.removeprefix("redis://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"SCRIPT FLUSH\r\n")
    assert await reader.readline() == b"+OK\r\n"
    writer.close()


async def test_with_a_frozen_server_the_limit_holds_locally(valkey: str) -> None:
    ip = some_ip()
    async with proxied(valkey, VALKEY_PORT) as proxy, connected(proxy.url(valkey)) as shared:
        proxy.freeze()
        limited = limiter(10, 0, shared)
        async with asyncio.timeout(0.9):
            answers = await asyncio.gather(*(passes(limited, ip) for _ in range(100)))
        assert sum(answers) == 10
        assert not shared.connected


async def test_after_a_timeout_no_answer_goes_to_the_wrong_caller(valkey: str) -> None:
    async with proxied(valkey, VALKEY_PORT) as proxy, connected(proxy.url(valkey)) as shared:
        proxy.freeze()
        with pytest.raises(SharedAway):
            await shared.decide([Allowance("ip", some_ip(), 7)])
        proxy.thaw()
        await eventually(lambda: shared.connected)
        assert (await shared.decide([Allowance("ip", some_ip(), 100)])).left == (99,)


async def test_without_a_server_every_gateway_counts_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    shared = SharedWindows(f"redis://127.0.0.1:{port}/0")
    limited = limiter(3, 0, shared)
    ip = some_ip()
    assert [await passes(limited, ip) for _ in range(4)] == [True, True, True, False]


async def test_without_limits_nothing_is_counted() -> None:
    headers: Headers = []
    unlimited = limiter(0, 0, None)
    assert not unlimited.limits
    await unlimited.admit("1.2.3.4", 7, Limit.PLAY, headers)
    assert headers == []


def test_local_windows_forget_whom_they_have_not_seen_for_long() -> None:
    windows = LocalWindows()
    for number in range(12_000):
        windows.decide([Allowance("ip", str(number), 5)])
    assert len(windows._times) == 10_000


async def test_over_the_limit_is_429_before_any_service_is_asked(
    run_gateway: RunGateway, service: RecordingService, valkey: str, token_mint: TokenMint
) -> None:
    async with (
        run_gateway(rate_limit_user=5, redis_url=valkey) as one,
        run_gateway(rate_limit_user=5, redis_url=valkey) as other,
    ):

        async def burst() -> list[RawAnswer] | None:
            """Ask forty times; None when the second was over before the last answer, or a gateway counted alone."""
            for gateway in (one, other):
                await eventually(lambda each=gateway: _shares(each))  # type: ignore[misc]
            service.forget()
            headers = [("authorization", f"Bearer {token_mint.token(uuid4().int % 10**12)}")]
            began, both = time.monotonic(), [(one, other)[n % 2] for n in range(40)]
            answers = await asyncio.gather(*(each.ask("POST", "/api/roulette/play", headers) for each in both))
            in_time = time.monotonic() - began < 1
            return answers if in_time and all([await _shares(each) for each in (one, other)]) else None

        answers = await eventually(burst, within=60)
    passed = [answer for answer in answers or [] if answer.status == 200]
    refused = [answer for answer in answers or [] if answer.status != 200]
    assert len(passed) == len(service.received) == 5
    assert {(answer.status, answer.code, answer.header("retry-after")) for answer in refused} == {
        (429, "RATE_LIMITED", "1")
    }
    assert all(answer.header("ratelimit-policy") == '"user";q=5;w=1' for answer in [*passed, *refused])
    assert all(answer.header("ratelimit") == '"user";r=0;t=1' for answer in refused)


async def _shares(gateway: RawClient) -> bool:
    return bool((await gateway.ask("GET", "/readyz")).json["checks"]["rate_limits"] == "ready")


async def test_plays_and_logins_have_limits_of_their_own(
    run_gateway: RunGateway, service: RecordingService, token_mint: TokenMint
) -> None:
    headers = [("authorization", f"Bearer {token_mint.token(7)}")]
    async with run_gateway(rate_limit_play=2, rate_limit_login=1) as gateway:
        plays = [await gateway.ask("POST", f"/api/{game}/play", headers) for game in ("dice", "roulette", "lottery")]
        status = await gateway.ask("GET", "/api/dice/status", headers)
        logins = [await gateway.ask("POST", f"/api/auth/{what}") for what in ("login", "register", "refresh")]
        logout = await gateway.ask("POST", "/api/auth/logout")
    assert [answer.status for answer in plays] == [200, 200, 429]
    assert plays[2].header("ratelimit-policy") == '"play";q=2;w=1'
    assert [answer.status for answer in logins] == [200, 429, 429]
    assert logins[0].header("ratelimit") == '"login";r=0;t=1'
    assert (status.status, logout.status) == (200, 200)
    assert status.header("ratelimit") is None


async def test_guessing_tokens_is_limited_like_anything_else(
    run_gateway: RunGateway, service: RecordingService
) -> None:
    async with run_gateway(rate_limit_ip=3) as gateway:
        guesses = [gateway.ask("GET", "/api/auth/me", [("authorization", "Bearer guess")]) for _ in range(10)]
        codes = [answer.code for answer in await asyncio.gather(*guesses)]
    assert sorted(codes) == ["RATE_LIMITED"] * 7 + ["UNAUTHENTICATED"] * 3
    assert not service.received


async def test_a_forwarded_address_changes_nothing(run_gateway: RunGateway, service: RecordingService) -> None:
    async with run_gateway(rate_limit_ip=3) as gateway:
        asked = [
            gateway.ask("GET", "/api/dice/odds", [("x-forwarded-for", f"10.0.0.{n}"), ("x-real-ip", f"10.0.0.{n}")])
            for n in range(9)
        ]
        answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [200] * 3 + [429] * 6
