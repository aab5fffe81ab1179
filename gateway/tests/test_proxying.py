"""The service's troubles as the client sees them."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from fairground_common.testing import TokenMint
from fairground_gateway.testing import RawClient, RecordingService, answering, breaking_off, sending

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
PLAY = "/api/roulette/play"


@pytest.fixture
def signed(token_mint: TokenMint) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token_mint.token(7)}")]


async def test_a_play_without_a_key_is_sent_exactly_once(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    service.usually = breaking_off
    answer = await gateway.ask("POST", PLAY, signed)
    assert (answer.status, answer.code, answer.header("retry-after")) == (502, "UPSTREAM_UNAVAILABLE", "1")
    assert len(service.received) == 1


async def test_a_play_with_a_key_is_repeated_once_and_succeeds(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    service.script.append(breaking_off)
    answer = await gateway.ask("POST", PLAY, [*signed, ("idempotency-key", "k")])
    assert answer.status == 200
    first, second = service.received
    assert first.headers == second.headers


async def test_an_empty_key_is_no_key(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    service.script.append(breaking_off)
    assert (await gateway.ask("POST", PLAY, [*signed, ("idempotency-key", "")])).status == 502
    assert len(service.received) == 1


async def test_a_get_is_repeated_and_a_put_is_not(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    service.script.append(breaking_off)
    assert (await gateway.ask("GET", "/api/roulette/status", signed)).status == 200
    assert len(service.received) == 2
    service.script.append(breaking_off)
    keyed = [*signed, ("idempotency-key", "k")]
    assert (await gateway.ask("PUT", "/api/admin/features/DICE", keyed, b"{}")).status == 502
    assert len(service.received) == 3


async def test_a_service_that_is_gone_is_502_then_503_and_comes_back(
    run_gateway: RunGateway, service: RecordingService
) -> None:
    async with run_gateway() as gateway:
        await service.stop()
        answers = [await gateway.ask("GET", "/api/roulette/odds") for _ in range(8)]
        await service.start()
    codes = [answer.code for answer in answers]
    assert codes[0] == "UPSTREAM_UNAVAILABLE"
    assert codes[-1] == "SERVICE_UNAVAILABLE"
    assert all(answer.header("retry-after") == "1" for answer in answers)


async def test_one_service_that_is_gone_does_not_touch_another(
    run_gateway: RunGateway, service: RecordingService
) -> None:
    async with run_gateway(ranking_url="http://127.0.0.1:9") as gateway:
        for _ in range(8):
            assert (await gateway.ask("GET", "/api/ranking/today", [])).status == 401
            assert (await gateway.ask("GET", "/api/dice/odds")).status == 200
    assert len(service.received) == 8


async def test_errors_tell_nothing_about_the_inside(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    service.usually = sending(b"nonsense from 10.0.0.7\r\n\r\n")
    answer = await gateway.ask("POST", PLAY, signed)
    assert answer.code == "UPSTREAM_UNAVAILABLE"
    assert answer.json["request_id"] == answer.header("x-request-id")
    told = answer.body.decode()
    assert not any(word in told for word in ("127.0.0.1", "10.0.0.7", "Traceback", "httptools", str(service.port)))


async def test_a_services_refusal_is_passed_on_as_it_is(gateway: RawClient, service: RecordingService) -> None:
    problem = b'{"code":"NO_FEATURE_TODAY","status":404}'
    service.usually = answering(404, [("content-type", "application/problem+json")], problem)
    answer = await gateway.ask("GET", "/api/today-feature")
    assert (answer.status, answer.body) == (404, problem)


async def test_an_answer_without_a_body_has_no_length(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    service.usually = sending(b"HTTP/1.1 204 No Content\r\n\r\n")
    answer = await gateway.ask("DELETE", "/api/admin/feature-schedule/2026-11-22", signed)
    assert (answer.status, answer.header("content-length")) == (204, None)


async def test_a_large_answer_arrives_whole(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    large = bytes(range(256)) * 20_000
    service.usually = answering(headers=[("content-type", "text/csv")], body=large)
    answer = await gateway.ask("GET", "/api/admin/seasonpass/export.csv", signed)
    assert answer.body == large


async def test_a_large_answer_that_breaks_off_is_cut_off_not_ended(
    gateway: RawClient, service: RecordingService, signed: list[tuple[str, str]]
) -> None:
    service.usually = sending(b"HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n" + b"x" * 300_000, close=True)
    with pytest.raises(asyncio.IncompleteReadError):
        await gateway.ask("GET", "/api/admin/seasonpass/export.csv", signed)


async def test_many_requests_on_one_connection_get_their_own_answers(
    gateway: RawClient, service: RecordingService
) -> None:
    async def echo(received: object, writer: asyncio.StreamWriter) -> None:
        target = received.target.encode()  # type: ignore[attr-defined]
        await answering(body=target)(received, writer)  # type: ignore[arg-type]

    service.usually = echo
    targets = [f"/api/roulette/odds?n={number}" for number in range(100)]
    answers = await asyncio.gather(*(gateway.ask("GET", target) for target in targets))
    assert [answer.body.decode() for answer in answers] == targets
