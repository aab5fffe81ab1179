"""One play as it is usually written (``bench/peers/orm_play.py``), under the load that the product gets."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncpg

from bench import wrk
from bench.costs import cpu_seconds
from bench.ledger import DoesNotReconcile
from bench.peers.running import Measured, httpx_proxy, running
from bench.players import write_tokens
from fairground_common.embedded import free_port

PLAYERS = 500
WARM_UP_SECONDS = 2
_COUNTS = """
SELECT (SELECT count(*) FROM play WHERE idempotency_key IS NOT NULL) AS plays,
    (SELECT count(*) FROM reward_ledger) AS credits, (SELECT count(*) FROM outbox) AS events,
    (SELECT count(*) FROM user_event_log) AS lines, (SELECT sum(nonce) FROM player) AS nonces
"""


async def orm_plays(database_url: str, folder: Path, *, connections: int, seconds: int) -> dict[str, Any]:
    """Return what it does alone and behind a proxy on httpx, which is how such services are put together."""
    tokens = write_tokens([str(user_id) for user_id in range(1, PLAYERS + 1)], folder / "numbers")
    with _service(folder, database_url) as alone, httpx_proxy(folder, alone.url) as proxied:
        await asyncio.to_thread(_load, [alone], tokens, connections, WARM_UP_SECONDS)
        ways = {"alone": [alone], "behind_httpx": [proxied, alone]}
        loads = {}
        for name, way in ways.items():
            stored = await _plays(database_url)
            loads[name] = await asyncio.to_thread(_load, way, tokens, connections, seconds)
            made = await _plays(database_url) - stored
            if made < loads[name]["answered"] - loads[name]["refused"]:
                raise DoesNotReconcile(f"{loads[name]}, but {made} plays stored")
        return loads


def _load(way: list[Measured], tokens: Path, connections: int, seconds: int) -> dict[str, Any]:
    before = _spent(way)
    load = wrk.play(way[0].url, "roulette", tokens, connections=connections, seconds=seconds)
    cpu = {name: (spent - before[name]) / max(load.answered, 1) * 1e6 for name, spent in _spent(way).items()}
    return {**asdict(load), "plays_per_second": load.rate, "cpu_us": cpu}


def _spent(parts: list[Measured]) -> dict[str, float]:
    return {part.name: cpu_seconds(part.child) for part in parts if part.child}


async def _plays(database_url: str) -> int:
    """Return how many plays are stored, each with all its rows."""
    connection = await asyncpg.connect(database_url)
    try:
        counts = dict(await connection.fetchrow(_COUNTS) or {})
    finally:
        await connection.close()
    if len(set(counts.values())) > 1:
        raise DoesNotReconcile(f"rows of the plain implementation: {counts}")
    return int(counts["plays"])


@contextmanager
def _service(folder: Path, database_url: str) -> Iterator[Measured]:
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "DATABASE_URL": database_url}
    with running("orm", "bench.peers.orm_play", environ, folder, port) as way:
        yield way
