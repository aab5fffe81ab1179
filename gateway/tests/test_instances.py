"""A name that stands for several instances of a service: all of them are used, and a dead one is passed over."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from fairground_common.testing import eventually
from fairground_gateway.upstream import pool as pools
from fairground_gateway.upstream.failures import NotConnected
from fairground_gateway.upstream.pool import Address, Pool

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
SIZE = 8


class Instances:
    """Listeners on the same port of the first two addresses, under one name; the third one refuses."""

    def __init__(self) -> None:
        self.port = 0
        self.named: tuple[str, ...] = HOSTS[:2]
        self.called: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.called[writer.get_extra_info("sockname")[0]] += 1
        await reader.read()
        writer.close()

    async def look_up(self, *_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, self.port)) for host in self.named]

    async def are_called(self, pool: Pool, count: int) -> Counter[str]:
        """Take new connections, close them, and return who was called."""
        for connection in [await pool.take(fresh=True) for _ in range(count)]:
            connection.close()
            pool.give_back(connection)
        await eventually(lambda: self.called.total() == count)
        return self.called


@pytest.fixture
async def instances(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Instances]:
    made = Instances()
    async with AsyncExitStack() as stack:
        for host in made.named:
            server = await stack.enter_async_context(await asyncio.start_server(made.serve, host, made.port))
            made.port = server.sockets[0].getsockname()[1]
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", made.look_up)
        yield made


@pytest.fixture
def pool(instances: Instances) -> Pool:
    return Pool(Address("several", instances.port), SIZE)


async def test_new_connections_go_to_each_instance_in_turn(instances: Instances, pool: Pool) -> None:
    assert await instances.are_called(pool, 6) == {HOSTS[0]: 3, HOSTS[1]: 3}


async def test_an_instance_that_refuses_is_passed_over(instances: Instances, pool: Pool) -> None:
    instances.named = HOSTS
    assert set(await instances.are_called(pool, 6)) == {HOSTS[0], HOSTS[1]}


async def test_when_all_refuse_nobody_is_connected(instances: Instances, pool: Pool) -> None:
    instances.named = HOSTS[2:]
    with pytest.raises(NotConnected, match="several"):
        await pool.take()


async def test_a_connection_is_not_used_for_ever(
    instances: Instances, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await pool.take()
    first.idle_since = asyncio.get_running_loop().time()
    pool.give_back(first)
    again = await pool.take()
    pool.give_back(again)
    assert again is first
    monkeypatch.setattr(pools, "LIFE_SECONDS", -1.0)
    renewed = await pool.take()
    assert renewed is not first
    renewed.close()
    await eventually(lambda: instances.called.total() == 2)
