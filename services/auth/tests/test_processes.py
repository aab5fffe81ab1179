"""The server and the command line as they are really started."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.embedded.ports import free_port
from fairground_common.testing import eventually

Environment = dict[str, str]


@pytest.fixture
def environment(database: ServiceDatabase, tmp_path: Path) -> Environment:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ENV": "test",
        "GATEWAY_KEY": "g" * 16,
        "STATE_DIR": str(tmp_path),
        "AUTH_DATABASE_URL": database.app_url,
        "AUTH_REFRESH_KEY": "r" * 32,
        "AUTH_KEY_ENCRYPTION_KEY": "k" * 32,
        "AUTH_ARGON2_MEMORY_KIB": "1024",
        "AUTH_ARGON2_PASSES": "1",
    }


@asynccontextmanager
async def running(environment: Mapping[str, str], *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_api_serves_and_ends_on_sigterm(environment: Environment) -> None:
    port = free_port()
    async with (
        running(environment | {"AUTH_PORT": str(port)}, "fairground_auth") as api,
        aiohttp.ClientSession() as session,
    ):

        async def is_ready() -> bool:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientConnectionError:
                return False

        assert await eventually(is_ready, within=30)
        async with session.get(f"http://127.0.0.1:{port}/.well-known/jwks.json") as answer:
            assert (await answer.json())["keys"]
        api.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(api.wait(), 25) in {0, -signal.SIGTERM}


async def test_a_wrong_setting_is_one_line_that_names_it(environment: Environment) -> None:
    async with running(environment | {"AUTH_REFRESH_KEY": "swordfish"}, "fairground_auth") as process:
        said, complained = await process.communicate()
    assert (process.returncode, said) == (2, b"")
    assert b"AUTH_REFRESH_KEY" in complained
    assert complained.count(b"\n") == 1
    assert b"swordfish" not in complained


async def test_an_absent_database_is_told_in_one_line(environment: Environment) -> None:
    nowhere = {"AUTH_DATABASE_URL": "postgresql://auth_app:secret@127.0.0.1:1/auth"}
    async with running(environment | nowhere, "fairground_auth.cli", "keys", "list") as process:
        said, complained = await process.communicate()
    assert (process.returncode, said) == (1, b"")
    assert b"AUTH_DATABASE_URL" in complained
    assert complained.count(b"\n") == 1
    assert b"secret" not in complained
