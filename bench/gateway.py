"""``python -m bench.gateway``: what the gateway costs, beside nginx and a plain proxy, before the same upstream.

The gateway has everything on: edge limits, token check, limits per address and user counted in Valkey, access log.
Every proxy is one process. The load generator, the upstream and Valkey share the machine with them.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bench import nginx, open_loop, wrk
from bench.costs import cpu_seconds
from bench.peers.running import HTTPX, Measured, httpx_proxy, running
from bench.players import write_tokens
from bench.say import say
from fairground_common.embedded import Valkey, free_port
from fairground_common.testing import TokenMint

PATH = "/api/roulette/status"
PLAYERS = 500
CONNECTIONS = 64
SECONDS = 8
ROUNDS = 2
PER_SECOND = 500
IDLE_CONNECTIONS = 5000
OPENED_AT_ONCE = 250
RESULTS = Path("bench/results")


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to one upstream, and the players who take them."""

    upstream: Measured
    nginx: Measured
    gateway: Measured
    httpx: Measured
    tokens: Sequence[str]
    tokens_file: Path

    def rates(self, *, seconds: int, rounds: int) -> dict[str, float]:
        """Return the best of each way's rounds; the ways take turns, as the machine may be busy with other things."""
        best: dict[str, float] = {}
        for way in rounds * [self.upstream, self.nginx, self.gateway, self.httpx]:
            rate = _rate(way, self.tokens_file, seconds)
            best[way.name] = max(best.get(way.name, 0.0), rate)
        ratios = f"{best['gateway'] / best['nginx']:.2f} of nginx, {best['gateway'] / best[HTTPX]:.1f} times {HTTPX}"
        say(f"the gateway does {ratios}")
        return best


@dataclass(frozen=True, slots=True)
class Idle:
    """What connections cost that do nothing."""

    connections: int
    bytes: int


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fairground-bench-") as folder, ways(Path(folder)) as open_ways:
        rates = open_ways.rates(seconds=SECONDS, rounds=ROUNDS)
        added = _added(open_ways.upstream, open_ways.gateway, open_ways.tokens)
        idle = asyncio.run(_idle(open_ways.gateway))
    report = {"busy": os.getloadavg(), "requests_per_second": rates, "added_p50_ms": added, "idle": asdict(idle)}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "gateway.json").write_text(json.dumps(report, indent=2))
    return 0


@contextmanager
def ways(folder: Path) -> Iterator[Ways]:
    """Start an upstream that does nothing, and nginx, a gateway and a plain proxy before it."""
    mint = TokenMint()
    tokens = [mint.token(user_id) for user_id in range(1, PLAYERS + 1)]
    file = write_tokens(tokens, folder / "tokens")
    with ExitStack() as stack:
        upstream = Measured("upstream alone", stack.enter_context(nginx.upstream(folder)))
        plain = Measured("nginx", stack.enter_context(nginx.proxy(folder, upstream.url)))
        gateway = stack.enter_context(_gateway(folder, upstream.url, mint))
        peer = stack.enter_context(httpx_proxy(folder, upstream.url))
        yield Ways(upstream, plain, gateway, peer, tokens, file)


def _rate(way: Measured, tokens: Path, seconds: int) -> float:
    spent = cpu_seconds(way.child) if way.child else 0.0
    load = wrk.get(way.url, PATH, tokens, connections=CONNECTIONS, seconds=seconds)
    if load.refused or load.failed:
        raise AssertionError(f"{way.name}: {load}")
    cpu = (cpu_seconds(way.child) - spent) / load.answered * 1e6 if way.child else 0.0
    told = f"  {cpu:.0f} µs CPU a request" if cpu else ""
    say(f"{way.name:15} {load.rate:8,.0f} req/s  p50 {load.p50:.1f}  p99 {load.p99:.1f} ms{told}")
    return load.rate


def _added(upstream: Measured, gateway: Measured, tokens: Sequence[str]) -> float:
    """Return how much later the gateway's answers come at a fixed pace, in the middle."""
    direct, passed = (
        asyncio.run(open_loop.ask(way.url, "GET", PATH, tokens, per_second=PER_SECOND, seconds=SECONDS))
        for way in (upstream, gateway)
    )
    for name, pace in (("direct", direct), ("gateway", passed)):
        say(f"at {PER_SECOND}/s {name}: p50 {pace.p50:.2f}  p99 {pace.p99:.2f} ms, failed {pace.failed}")
    say(f"the gateway adds {passed.p50 - direct.p50:.2f} ms in the middle")
    return passed.p50 - direct.p50


async def _idle(gateway: Measured) -> Idle:
    """Open connections, ask something on each, and see what the process holds while they wait."""
    assert gateway.child is not None, "the gateway is a process"
    process = psutil.Process(gateway.child.pid)
    before = process.memory_info().rss
    held: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    for _ in range(IDLE_CONNECTIONS // OPENED_AT_ONCE):
        held += await asyncio.gather(*(_ask_once(gateway.url) for _ in range(OPENED_AT_ONCE)))
    taken = process.memory_info().rss
    still_open = sum(not reader.at_eof() for reader, _ in held)
    for _, writer in held:
        writer.close()
    say(f"{still_open:,} idle connections: {(taken - before) / 1e6:.0f} MB more, {taken / 1e6:.0f} MB in all")
    return Idle(still_open, taken - before)


async def _ask_once(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /api/roulette/odds HTTP/1.1\r\nhost: bench\r\n\r\n")
    await reader.readuntil(b"}")
    return reader, writer


@contextmanager
def _gateway(folder: Path, upstream_url: str, mint: TokenMint) -> Iterator[Measured]:
    mint.keep_in(folder / "state")
    valkey, port = Valkey(folder / "valkey"), free_port()
    valkey.start()
    environ = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "GATEWAY_KEY": "only-for-a-measurement",
        "STATE_DIR": str(folder / "state"),
        "JWKS_URL": "http://127.0.0.1:9/",
        "REDIS_URL": valkey.url,
        "RATE_LIMIT_IP": "1000000",
        "RATE_LIMIT_USER": "1000000",
        "CORS_ORIGINS": "https://play.example.com",
        **{f"GATEWAY_{name}_URL": upstream_url for name in ("AUTH", "GAMES", "SEASONPASS", "RANKING")},
    }
    try:
        with running("gateway", "fairground_gateway", environ, folder, port) as way:
            yield way
    finally:
        valkey.stop()


if __name__ == "__main__":
    sys.exit(main())
