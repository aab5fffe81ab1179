"""Valkey as a child process."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from fairground_common.embedded import PartError, Valkey


async def test_started_server_keeps_values_in_memory_only(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    server.start()
    async with Redis.from_url(server.url) as client:
        await client.set("key", "value")
        assert await client.get("key") == b"value"
    server.stop()
    assert not await asyncio.to_thread((tmp_path / "dump.rdb").exists)


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    first = Valkey(tmp_path / "first")
    first.start()
    second = Valkey(tmp_path / "second", port=first.port)
    with pytest.raises(PartError, match="in use"):
        second.start()
    first.stop()
