"""CORS exactly as configured, on errors too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest
import pytest_asyncio

from fairground_gateway.testing import RawAnswer, RawClient, RecordingService, answering, breaking_off

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
ALLOWED = "https://play.example.com"
PREFLIGHT = [("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")]


@pytest_asyncio.fixture(scope="module")
async def strict(run_gateway: RunGateway) -> AsyncIterator[RawClient]:
    async with run_gateway(cors_origins=(ALLOWED, "http://localhost:5173"), rate_limit_user=0) as client:
        yield client


def cors_of(answer: RawAnswer) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("access-control-") or name == "vary"}


@pytest.mark.parametrize("origin", [ALLOWED, "http://localhost:5173"])
async def test_an_allowed_origin_may_read_every_answer(
    strict: RawClient, service: RecordingService, origin: str
) -> None:
    service.script.append(breaking_off)
    service.script.append(breaking_off)
    for method, path, status in (
        ("GET", "/api/roulette/odds", 502),
        ("GET", "/api/roulette/odds", 200),
        ("GET", "/api/roulette/status", 401),
        ("GET", "/api/nowhere", 404),
        ("DELETE", "/api/roulette/odds", 405),
        ("GET", "//", 400),
        ("GET", "/livez", 200),
    ):
        answer = await strict.ask(method, path, [("origin", origin)])
        assert answer.status == status
        told = cors_of(answer)
        assert told["access-control-allow-origin"] == origin
        assert "retry-after" in told["access-control-expose-headers"]
        assert told["vary"] == "origin"
        assert "access-control-allow-credentials" not in told


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ALLOWED + ".evil.example", ALLOWED.upper(), ""])
async def test_any_other_origin_may_read_nothing(strict: RawClient, service: RecordingService, origin: str) -> None:
    answer = await strict.ask("GET", "/api/roulette/odds", [("origin", origin)])
    assert answer.status == 200
    assert cors_of(answer) == {"vary": "origin"}
    preflight = await strict.ask("OPTIONS", "/api/roulette/play", [("origin", origin), *PREFLIGHT])
    assert cors_of(preflight) == {"vary": "origin"}


async def test_a_refusal_for_haste_may_be_read_too(run_gateway: RunGateway, service: RecordingService) -> None:
    async with run_gateway(cors_origins=(ALLOWED,), rate_limit_ip=1) as gateway:
        answers = [await gateway.ask("GET", "/api/dice/odds", [("origin", ALLOWED)]) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    told = cors_of(answers[1])
    assert told["access-control-allow-origin"] == ALLOWED
    assert {"retry-after", "ratelimit"} <= set(told["access-control-expose-headers"].split(", "))


async def test_a_preflight_is_answered_here(strict: RawClient, service: RecordingService) -> None:
    answer = await strict.ask("OPTIONS", "/api/roulette/play", [("origin", ALLOWED), *PREFLIGHT])
    assert (answer.status, answer.body) == (204, b"")
    told = cors_of(answer)
    assert told["access-control-allow-origin"] == ALLOWED
    assert told["access-control-allow-methods"] == "POST"
    assert "authorization" in told["access-control-allow-headers"]
    assert "idempotency-key" in told["access-control-allow-headers"]
    assert (await strict.ask("OPTIONS", "/api/nowhere", [("origin", ALLOWED), *PREFLIGHT])).status == 404
    assert not service.received


async def test_without_configuration_there_is_no_cors(gateway: RawClient, service: RecordingService) -> None:
    assert cors_of(await gateway.ask("GET", "/api/roulette/odds", [("origin", ALLOWED)])) == {}
    assert cors_of(await gateway.ask("OPTIONS", "/api/roulette/play", [("origin", ALLOWED), *PREFLIGHT])) == {}


async def test_a_services_own_cors_headers_do_not_count(gateway: RawClient, service: RecordingService) -> None:
    service.usually = answering(headers=[("access-control-allow-origin", "*")])
    assert cors_of(await gateway.ask("GET", "/api/roulette/odds", [("origin", ALLOWED)])) == {}


async def test_the_wildcard_lets_every_origin_read(run_gateway: RunGateway, service: RecordingService) -> None:
    async with run_gateway(env="local", cors_origins=("*",)) as gateway:
        answer = await gateway.ask("GET", "/api/roulette/odds", [("origin", "https://anything.example")])
        preflight = await gateway.ask("OPTIONS", "/api/roulette/play", [("origin", "null"), *PREFLIGHT])
    assert cors_of(answer)["access-control-allow-origin"] == "*"
    assert cors_of(preflight)["access-control-allow-methods"] == "POST"
