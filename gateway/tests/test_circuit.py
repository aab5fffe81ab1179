"""A service that keeps failing is left alone, and found again."""

import asyncio
from collections.abc import Callable

import pytest

from fairground_common.errors import ServiceUnavailable, UpstreamUnavailable
from fairground_common.testing import eventually
from fairground_gateway.metrics import CIRCUIT
from fairground_gateway.testing import RecordingService, answering, breaking_off
from fairground_gateway.upstream import Response, Upstream
from fairground_gateway.upstream.breaker import FAILURES_TO_OPEN

GET = b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n"
MakeUpstream = Callable[..., Upstream]


async def ask(upstream: Upstream, *, seconds: float = 2.0, repeatable: bool = True) -> Response:
    return await upstream.exchange(GET, seconds=seconds, repeatable=repeatable)


async def test_the_circuit_opens_after_failures_in_a_row_and_closes_by_itself(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream()
    service.usually = breaking_off
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(UpstreamUnavailable):
            await ask(upstream, repeatable=False)
    asked = len(service.received)
    assert CIRCUIT.value(upstream.name) == 1
    with pytest.raises(ServiceUnavailable) as refusal:
        await ask(upstream, repeatable=False)
    assert refusal.value.retry_after == 1
    assert len(service.received) == asked == FAILURES_TO_OPEN
    service.usually = answering()
    assert (await eventually(lambda: _answered(upstream), within=5)).status == 200
    assert (await ask(upstream)).status == 200
    assert CIRCUIT.value(upstream.name) == 0


async def _answered(upstream: Upstream) -> Response:
    try:
        return await ask(upstream)
    except ServiceUnavailable as still_open:
        raise AssertionError("still open") from still_open


async def test_while_half_open_one_request_at_a_time_tries(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream()
    service.usually = breaking_off
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(UpstreamUnavailable):
            await ask(upstream, repeatable=False)
    service.forget()
    service.usually = breaking_off

    async def try_all() -> bool:
        outcomes = await asyncio.gather(*(ask(upstream, repeatable=False) for _ in range(10)), return_exceptions=True)
        return any(isinstance(each, UpstreamUnavailable) for each in outcomes)

    await eventually(try_all, within=5)
    assert len(service.received) == 1


async def test_an_error_answer_is_an_answer_and_never_opens_the_circuit(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream()
    service.usually = answering(503)
    for _ in range(3 * FAILURES_TO_OPEN):
        assert (await ask(upstream)).status == 503
