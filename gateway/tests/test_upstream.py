"""What happens between gateway and service: connections kept, the one retry, the budget."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from fairground_common.errors import UpstreamTimeout, UpstreamUnavailable
from fairground_common.testing import eventually
from fairground_gateway.testing import HOST, RecordingService, answering, breaking_off, sending, staying_silent
from fairground_gateway.upstream import Response, Upstream
from fairground_gateway.upstream.connection import Connection

GET = b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n"
MakeUpstream = Callable[..., Upstream]


async def ask(upstream: Upstream, *, seconds: float = 2.0, repeatable: bool = True) -> Response:
    return await upstream.exchange(GET, seconds=seconds, repeatable=repeatable)


async def test_a_connection_is_kept_and_used_again(make_upstream: MakeUpstream, service: RecordingService) -> None:
    upstream = make_upstream()
    for _ in range(5):
        assert (await ask(upstream)).body == b'{"ok":true}'
    assert len({received.connection for received in service.received}) == 1


async def test_a_closed_idle_connection_is_replaced_unseen(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream()
    await ask(upstream)
    await service.stop()
    await service.start()
    await eventually(lambda: not upstream._pool._idle[0].reusable)
    assert (await ask(upstream, repeatable=False)).status == 200


async def test_a_service_that_is_replaced_is_waited_for_a_moment(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    """Whatever the request is: nothing of it has been sent."""
    upstream = make_upstream()
    await service.stop()
    asking = asyncio.create_task(ask(upstream, repeatable=False))
    await eventually(lambda: upstream._pool._dialled > 1)
    await service.start()
    assert (await asking).status == 200
    assert len(service.received) == 1


@pytest.mark.parametrize("broken", [breaking_off, sending(b"", close=True)])
async def test_a_repeatable_request_without_a_byte_of_answer_is_sent_once_more(
    make_upstream: MakeUpstream, service: RecordingService, broken: Callable[..., None]
) -> None:
    service.script.append(broken)  # type: ignore[arg-type]
    assert (await ask(make_upstream())).status == 200
    assert len(service.received) == 2
    assert service.received[0].connection != service.received[1].connection


async def test_a_second_failure_is_final(make_upstream: MakeUpstream, service: RecordingService) -> None:
    service.usually = breaking_off
    with pytest.raises(UpstreamUnavailable) as refusal:
        await ask(make_upstream())
    assert refusal.value.retry_after == 1
    assert len(service.received) == 2


async def test_what_is_not_repeatable_is_sent_exactly_once(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    service.usually = breaking_off
    with pytest.raises(UpstreamUnavailable):
        await ask(make_upstream(), repeatable=False)
    assert len(service.received) == 1


@pytest.mark.parametrize(
    "begun",
    [
        b"H",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
    ],
)
async def test_once_an_answer_has_begun_nothing_is_repeated(
    make_upstream: MakeUpstream, service: RecordingService, begun: bytes
) -> None:
    service.script.append(sending(begun, close=True))
    with pytest.raises(UpstreamUnavailable):
        await ask(make_upstream())
    assert len(service.received) == 1


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    ],
)
async def test_an_unreadable_answer_is_a_bad_upstream_and_its_connection_is_gone(
    make_upstream: MakeUpstream, service: RecordingService, nonsense: bytes
) -> None:
    upstream = make_upstream()
    service.script.append(sending(nonsense))
    with pytest.raises(UpstreamUnavailable):
        await ask(upstream)
    assert (await ask(upstream)).status == 200
    assert service.received[0].connection != service.received[1].connection


async def test_bytes_nobody_asked_for_end_a_connection(make_upstream: MakeUpstream, service: RecordingService) -> None:
    upstream = make_upstream()

    async def say_more_later(received: object, writer: asyncio.StreamWriter) -> None:
        await answering()(received, writer)  # type: ignore[arg-type]
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison")

    service.script.append(say_more_later)
    assert (await ask(upstream)).body == b'{"ok":true}'
    await eventually(lambda: not upstream._pool._idle[0].reusable)
    assert (await ask(upstream)).body == b'{"ok":true}'
    assert service.received[0].connection != service.received[1].connection


async def test_connection_close_is_kept_to(make_upstream: MakeUpstream, service: RecordingService) -> None:
    upstream = make_upstream()
    service.usually = answering(headers=[("connection", "close")])
    await ask(upstream)
    await ask(upstream)
    assert service.received[0].connection != service.received[1].connection


async def test_an_interim_answer_is_skipped_and_trailers_are_not_headers(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    service.script.append(
        sending(
            b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
            b"HTTP/1.1 201 Created\r\na: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nb: 2\r\n\r\n"
        )
    )
    response = await ask(make_upstream())
    assert (response.status, response.body) == (201, b"ab")
    assert response.headers == [(b"a", b"1"), (b"transfer-encoding", b"chunked")]


async def test_a_silent_service_is_given_its_budget_and_no_second_try(
    make_upstream: MakeUpstream, service: RecordingService
) -> None:
    upstream = make_upstream()
    service.script.append(staying_silent)
    with pytest.raises(UpstreamTimeout) as refusal:
        await ask(upstream, seconds=0.1)
    assert refusal.value.retry_after == 1
    assert len(service.received) == 1
    assert (await ask(upstream)).status == 200
    assert service.received[1].connection != service.received[0].connection


def test_what_is_left_of_a_body_after_an_early_answer_is_dropped() -> None:
    """On the loop the gateway runs on: it does not take a write on a closed transport."""

    async def scenario() -> None:
        service = RecordingService()
        await service.start()
        try:
            async with asyncio.timeout(10):  # no signal of pytest's ends this loop
                await answered_early(service)
        finally:
            await service.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())


async def answered_early(service: RecordingService) -> None:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, HOST, service.port)
    assert (await connection.send_last(GET, 2.0)).status == 200
    await eventually(lambda: not service._writers)
    await connection.send_more(b"the rest")
