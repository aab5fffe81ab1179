"""A bounded number of connections, lent in turn, given back whatever happens; large bodies stream."""

import asyncio
from collections.abc import Callable

import pytest

from fairground_common.errors import ServiceUnavailable, UpstreamTimeout, UpstreamUnavailable
from fairground_common.testing import eventually
from fairground_gateway.testing import RecordingService, answering, sending, staying_silent
from fairground_gateway.upstream import Address, Response, Upstream
from fairground_gateway.upstream.failures import BrokenOff

GET = b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n"
MakeUpstream = Callable[..., Upstream]


async def ask(upstream: Upstream, *, seconds: float = 2.0, repeatable: bool = True) -> Response:
    return await upstream.exchange(GET, seconds=seconds, repeatable=repeatable)


async def test_a_refused_connection_is_told_within_a_second() -> None:
    upstream = Upstream("games", Address("127.0.0.1", 9), connections=2)
    async with asyncio.timeout(1):
        with pytest.raises(UpstreamUnavailable):
            await ask(upstream)


async def test_no_more_connections_than_allowed_and_the_rest_wait_their_turn(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream(connections=3)
    busy = most = 0

    async def count(received: object, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.005)
        busy -= 1
        await answering()(received, writer)  # type: ignore[arg-type]

    service.usually = count
    answers = await asyncio.gather(*(ask(upstream) for _ in range(30)))
    assert [answer.status for answer in answers] == [200] * 30
    assert most == 3
    assert len({received.connection for received in service.received}) == 3


async def test_who_waits_too_long_for_a_turn_is_sent_away_and_the_pool_recovers(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream(connections=1)
    service.script.append(staying_silent)
    holding = asyncio.create_task(ask(upstream, seconds=1.5))
    await eventually(lambda: service.received)
    with pytest.raises(ServiceUnavailable):
        await ask(upstream)
    with pytest.raises(UpstreamTimeout):
        await holding
    assert (await ask(upstream)).status == 200


async def test_a_cancelled_request_gives_its_place_back_and_poisons_nobody(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream(connections=1)
    for number in range(20):
        service.script.append(sending(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfor other"[: number * 3]))
        task = asyncio.create_task(ask(upstream))
        await eventually(lambda expected=number + 1: len(service.received) == expected)  # type: ignore[misc]
        task.cancel()
        await asyncio.wait({task})
    service.script.clear()
    assert (await ask(upstream)).body == b'{"ok":true}'


async def test_a_large_body_streams_and_the_connection_comes_back(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream(connections=1)
    large = bytes(range(256)) * 8192
    service.script.append(answering(body=large))
    response = await ask(upstream)
    assert response.rest is not None
    assert len(response.body) < len(large)
    body = response.body + b"".join([chunk async for chunk in response.rest])
    assert body == large
    assert (await ask(upstream)).status == 200
    assert service.received[0].connection == service.received[1].connection


@pytest.mark.parametrize("size", range(300_000, 800_000, 50_000))
async def test_after_a_large_body_that_was_read_slowly_the_connection_reads_on(
    make_upstream: MakeUpstream, service: RecordingService, size: int
) -> None:
    upstream = make_upstream(connections=1)
    service.usually = answering(body=b"x" * size)
    for _ in range(3):
        response = await ask(upstream)
        assert response.rest is not None
        came = len(response.body)
        while came < size:
            await asyncio.sleep(0.02)  # meanwhile more comes than is held
            came += len(await anext(response.rest))


async def test_a_large_body_that_breaks_off_says_so(make_upstream: MakeUpstream, service: RecordingService) -> None:
    upstream = make_upstream(connections=1)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"
    service.script.append(sending(head + b"x" * 200_000, close=True))
    response = await ask(upstream)
    assert response.rest is not None
    with pytest.raises(BrokenOff):
        _ = [chunk async for chunk in response.rest]
    assert (await ask(upstream)).status == 200


async def test_a_stream_given_up_gives_its_place_back(make_upstream: MakeUpstream, service: RecordingService) -> None:
    upstream = make_upstream(connections=1)
    service.script.append(answering(body=b"x" * 2_000_000))
    response = await ask(upstream)
    assert response.rest is not None
    response.rest.close()
    assert (await ask(upstream)).status == 200
