"""The command a container asks its process with."""

import asyncio
import sys
from dataclasses import dataclass

import pytest

from fairground_common.embedded.ports import free_port
from fairground_common.readiness import Check
from fairground_common.testing.processes import Ended, ended, running
from fairground_common.worker_probes import answering_probes

USAGE = "usage: python -m fairground_common.probe http://host:port/path\n"


@dataclass(frozen=True)
class Address:
    worker_port: int
    worker_host: str = "127.0.0.1"


async def probing(*arguments: str) -> Ended:
    async with running({}, "fairground_common.probe", *arguments) as process:
        return await ended(process)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_a_ready_process_is_healthy(host: str) -> None:
    address = Address(free_port(), host.strip("[]"))
    async with answering_probes(address, [Check("fine", lambda: asyncio.sleep(0))]):
        assert await probing(f"http://{host}:{address.worker_port}/readyz") == Ended(0, "", "")


async def test_an_unready_process_is_not_and_one_line_tells_what_is_away() -> None:
    address = Address(free_port())
    url = f"http://127.0.0.1:{address.worker_port}/readyz"
    async with answering_probes(address, [Check("database", asyncio.Event().wait)]):
        said = (await probing(url)).errors
        assert await probing(url.replace("readyz", "livez")) == Ended(0, "", "")
    assert said == f'{url}: HTTP/1.1 503 Service Unavailable {{"status":"unready","checks":{{"database":"away"}}}}\n'


async def test_where_nobody_listens_nobody_is_healthy() -> None:
    url = f"http://127.0.0.1:{free_port()}/readyz"
    assert await probing(url) == Ended(1, "", f"{url}: [Errno 111] Connection refused\n")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (None, "timed out"),
        (b"", "no answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0-OpenSSH_9.6"),
        (b"HTTP/1.1 2000 Odd\r\n\r\n", "HTTP/1.1 2000 Odd"),
    ],
)
async def test_something_else_than_our_process_is_not_healthy(raw: bytes | None, why: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if raw is None:
            await reader.read()  # until the probe has had enough
        else:
            writer.write(raw)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/readyz"
        assert await probing(url) == Ended(1, "", f"{url}: {why}\n")


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["https://127.0.0.1/"], ["127.0.0.1:80"], ["http://h:port/"]])
async def test_anything_but_one_address_is_a_line_about_the_usage(arguments: list[str]) -> None:
    assert await probing(*arguments) == Ended(1, "", USAGE)


async def test_a_host_that_cannot_exist_is_one_line() -> None:
    said = await probing("http://a..b/readyz")
    assert (said.code, said.errors.count("\n")) == (1, 1)


async def test_it_loads_nothing_that_takes_long() -> None:
    heavy = {"asyncio", "http.client", "ssl", "email", "json", "logging", "pydantic", "typing"}
    script = f"import sys, fairground_common.probe; print(sorted({heavy} & set(sys.modules)))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-c", script, env={"PYTHONPATH": ":".join(sys.path)}, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output == b"[]\n"
