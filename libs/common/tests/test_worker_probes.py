"""A worker's own /livez and /readyz."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from fairground_common.embedded.ports import free_port
from fairground_common.readiness import Check
from fairground_common.testing.processes import probe
from fairground_common.worker_probes import PortTaken, answering_probes


@dataclass(frozen=True)
class Address:
    worker_port: int | None
    worker_host: str = "127.0.0.1"


@asynccontextmanager
async def probed(*checks: Check) -> AsyncIterator[int]:
    """Answer probes on a free port."""
    port = free_port()
    async with answering_probes(Address(port), checks):
        yield port


async def test_alive_never_depends_on_others() -> None:
    async with probed(Check("frozen", asyncio.Event().wait)) as port:
        answer = await probe(port, "/livez")
    assert (answer.status, answer.document) == (200, {"status": "ok"})


@pytest.mark.parametrize(("required", "status", "verdict"), [(True, 503, "unready"), (False, 200, "degraded")])
async def test_ready_tells_which_part_is_away(required: bool, status: int, verdict: str) -> None:
    fine = Check("fine", lambda: asyncio.sleep(0))
    async with probed(Check("frozen", asyncio.Event().wait, required=required), fine) as port:
        answer = await probe(port, "/readyz")
    assert (answer.status, answer.document) == (
        status,
        {"status": verdict, "checks": {"frozen": "away", "fine": "ok"}},
    )


async def test_it_tells_its_metrics() -> None:
    async with probed() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    assert b"\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n" in head
    assert b"\nprocess_open_fds " in body


async def test_nothing_else_is_there() -> None:
    async with probed() as port:
        assert (await probe(port, "/docs")).status == 404
        assert (await probe(port, "/readyz/more")).status == 404


@pytest.mark.parametrize("raw", [b"", b"GET /readyz HTTP/1.1\r\n", b"x" * 20_000])
async def test_a_caller_who_does_not_finish_is_let_go(raw: bytes) -> None:
    async with probed() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        with suppress(ConnectionResetError):  # what was sent had not all been read
            assert await reader.read() == b""
        writer.close()
        assert (await probe(port, "/readyz")).status == 200


async def test_a_taken_port_is_named() -> None:
    async with probed() as port:
        with pytest.raises(PortTaken, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            async with answering_probes(Address(port), []):
                raise AssertionError("nobody may come this far")


async def test_the_port_is_given_back_at_the_end_and_needed_by_nobody_without_one() -> None:
    async with probed() as port:
        pass
    async with answering_probes(Address(None), []):
        assert (await probe(port, "/livez")).status == 0
