"""What every process of the product promises whoever runs it. Each service holds its own processes to it.

A test class inherits the claims of its kind and gives a fixture ``program``: the process, told what it needs.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from fairground_common.exits import EXIT_BAD_SETTING, EXIT_BROKER_SILENT, EXIT_DATABASE_UNUSABLE, EXIT_PORT_TAKEN
from fairground_common.readiness import ALIVE
from fairground_common.testing.eventually import eventually
from fairground_common.testing.processes import START_SECONDS, Ended, Probed, Program, ended, stopped
from fairground_common.testing.proxy import TcpProxy, proxied

POSTGRES_PORT = 5432


class ProcessClaims:
    """Of every process."""

    async def test_it_becomes_ready_and_ends_cleanly_on_sigterm(self, program: Program) -> None:
        async with program.ready() as process:
            alive = await program.probe("/livez")
            end = await stopped(process)
        assert (alive.status, alive.document) == (HTTPStatus.OK, ALIVE)
        assert (end.code, end.errors) == (0, "")

    async def test_each_missing_setting_is_one_line_that_names_it(self, program: Program) -> None:
        end = await program.told(**dict.fromkeys(program.required)).end()
        assert (end.code, end.output) == (EXIT_BAD_SETTING, "")
        named = [line.removeprefix("bad setting ").partition(":")[0] for line in end.errors.splitlines()]
        assert sorted(named) == sorted(program.required)

    async def test_a_taken_port_is_one_line_that_names_it(self, program: Program) -> None:
        taken = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", program.port)
        async with taken:
            end = await program.end()
        assert_one_line(end, EXIT_PORT_TAKEN, f"cannot listen on 127.0.0.1:{program.port}: Address already in use")


class DatabaseClaims(ProcessClaims):
    """Of every process with a database."""

    async def test_a_database_it_cannot_use_is_one_line_that_names_the_setting(self, program: Program) -> None:
        server = program.environ[program.database_setting].rpartition("/")[0]
        end = await program.told(**{program.database_setting: f"{server}/nowhere"}).end()
        assert_one_line(end, EXIT_DATABASE_UNUSABLE, program.database_setting)
        assert 'database "nowhere" does not exist' in end.errors
        assert (urlsplit(server).password or "") not in end.errors

    async def test_a_signal_while_it_waits_for_its_database_ends_it(self, program: Program) -> None:
        async with through_proxy(program, program.database_setting) as (moved, proxy):
            proxy.freeze()
            async with moved.running() as process:
                await eventually(lambda: proxy.is_in_use, within=START_SECONDS)
                end = await stopped(process)
        assert (end.code, end.output, end.errors) == (0, "", "")

    async def test_a_database_lost_while_it_runs_only_makes_it_unready(self, program: Program) -> None:
        async with through_proxy(program, program.database_setting) as (moved, proxy), moved.ready() as process:
            proxy.freeze()
            await moved.lacks("database")
            assert (await moved.probe("/livez")).status == HTTPStatus.OK
            proxy.thaw()
            await moved.becomes_ready()
            await proxy.refuse()
            await moved.lacks("database")
            await proxy.start()
            await moved.becomes_ready()
            end = await stopped(process)
        assert (end.code, end.errors) == (0, "")


class ServerClaims(DatabaseClaims):
    """Of every API."""

    async def test_told_to_end_it_says_so_and_serves_until_its_pause_is_over(self, program: Program) -> None:
        async with program.told(DRAIN_SECONDS="2").ready() as process:
            process.send_signal(signal.SIGTERM)

            async def is_ending() -> bool:
                ending = Probed(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unready", "checks": {"process": "ending"}})
                return await program.probe() == ending

            await eventually(is_ending)
            assert (await program.probe("/livez")).status == HTTPStatus.OK
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)
            end = await ended(process)
        assert (end.code, end.errors) == (0, "")


class ApiClaims(ServerClaims):
    """Of every API that has its token keys from auth."""

    async def test_without_token_keys_it_is_degraded_but_ready(self, program: Program) -> None:
        nowhere = "http://127.0.0.1:1/.well-known/jwks.json"
        async with program.told(JWKS_URL=nowhere).running():
            document = await program.becomes_ready()
        assert document["status"] == "degraded"
        assert {"database": "ok", "token_keys": "away"}.items() <= document["checks"].items()


class WorkerClaims(DatabaseClaims):
    """Of every worker. Its fixture ``program`` uses the embedded broker."""

    async def test_a_broker_lost_while_it_runs_only_makes_it_unready(self, program: Program) -> None:
        async with through_proxy(program, "BUS_DATABASE_URL") as (moved, proxy), moved.ready() as process:
            await proxy.refuse()
            document = await moved.lacks("consumer")
            assert document["checks"]["database"] == "ok"
            await proxy.start()
            await moved.becomes_ready()
            end = await stopped(process)
        assert (end.code, end.errors) == (0, "")

    async def test_a_broker_that_stays_silent_ends_it_with_one_line(self, program: Program) -> None:
        impatient = program.told(BROKER_SILENCE_SECONDS="0.2")
        async with through_proxy(impatient, "BUS_DATABASE_URL") as (moved, proxy), moved.ready() as process:
            await proxy.refuse()
            end = await ended(process)
        assert_one_line(end, EXIT_BROKER_SILENT, "no sign of the broker")

    async def test_without_a_broker_it_says_which_settings_name_one(self, program: Program) -> None:
        end = await program.told(BUS_DATABASE_URL=None).end()
        assert_one_line(end, EXIT_BAD_SETTING, "set AMQP_URL (RabbitMQ) or BUS_DATABASE_URL (embedded broker)")

    async def test_it_loads_no_web_framework(self, program: Program) -> None:
        script = f"import sys, {program.module}; sys.exit('fastapi' in sys.modules)"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, env=program.environ)
        assert await process.wait() == 0


@asynccontextmanager
async def through_proxy(program: Program, setting: str) -> AsyncIterator[tuple[Program, TcpProxy]]:
    """Put a proxy between a process and the server one of its settings names."""
    url = program.environ[setting]
    async with proxied(url, POSTGRES_PORT) as proxy:
        yield program.told(**{setting: proxy.url(url)}), proxy


def assert_one_line(end: Ended, code: int, named: str) -> None:
    """A process that cannot begin says why in one line."""
    assert end.code == code, end.errors
    assert named in end.errors
    assert end.errors.count("\n") == 1
