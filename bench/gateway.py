"""``python -m bench.gateway``: what the gateway costs, beside nginx and a plain proxy, before the same upstream.

The gateway has everything on: edge limits, token check, limits per address and user counted in Valkey, access log.
Every proxy is one process. The load generator, the upstream and Valkey share the machine with them.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from bench import nginx, open_loop, wrk
from bench.costs import cpu_seconds
from fairground_common.embedded import LOOPBACK, Child, Order, Valkey, free_port
from fairground_common.embedded.debian import cache_folder
from fairground_common.testing import TokenMint

PATH = "/api/roulette/status"
PLAYERS = 500
CONNECTIONS = 64
SECONDS = 8
ROUNDS = 2
PER_SECOND = 500
IDLE_CONNECTIONS = 5000
OPENED_AT_ONCE = 250
START_SECONDS = 30.0
RESULTS = Path("bench/results")
HTTPX = "httpx"


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to the upstream."""

    name: str
    url: str
    child: Child | None = None


@dataclass(frozen=True, slots=True)
class Idle:
    """What connections cost that do nothing."""

    connections: int
    bytes: int


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fairground-bench-") as folder:
        report = _measure(Path(folder))
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "gateway.json").write_text(json.dumps(report, indent=2))
    return 0


def _measure(folder: Path) -> dict[str, Any]:
    mint = TokenMint()
    tokens = [mint.token(user_id) for user_id in range(1, PLAYERS + 1)]
    file = folder / "tokens"
    file.write_text("\n".join(tokens))
    with ExitStack() as stack:
        upstream = Measured("upstream alone", stack.enter_context(nginx.upstream(folder)))
        plain = Measured("nginx", stack.enter_context(nginx.proxy(folder, upstream.url)))
        gateway = stack.enter_context(_gateway(folder, upstream.url, mint))
        peer = stack.enter_context(_httpx_proxy(folder, upstream.url))
        rates = _rates([upstream, plain, gateway, peer], file)
        _say_ratios(rates)
        added = _added(upstream, gateway, tokens)
        idle = asyncio.run(_idle(gateway))
    return {"busy": os.getloadavg(), "requests_per_second": rates, "added_p50_ms": added, "idle": asdict(idle)}


def _rates(ways: Sequence[Measured], tokens: Path) -> dict[str, float]:
    """Return the best of each way's rounds; the ways take turns, as the machine may be busy with other things."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for way in ways:
            spent = cpu_seconds(way.child) if way.child else 0.0
            load = wrk.get(way.url, PATH, tokens, connections=CONNECTIONS, seconds=SECONDS)
            if load.refused or load.failed:
                raise AssertionError(f"{way.name}: {load}")
            cpu = (cpu_seconds(way.child) - spent) / load.answered * 1e6 if way.child else 0.0
            told = f"  {cpu:.0f} µs CPU a request" if cpu else ""
            _say(f"{way.name:15} {load.rate:8,.0f} req/s  p50 {load.p50:.1f}  p99 {load.p99:.1f} ms{told}")
            best[way.name] = max(best.get(way.name, 0.0), load.rate)
    return best


def _say_ratios(rates: dict[str, float]) -> None:
    gateway = rates["gateway"]
    _say(f"the gateway does {gateway / rates['nginx']:.2f} of nginx, {gateway / rates[HTTPX]:.1f} times {HTTPX}")


def _added(upstream: Measured, gateway: Measured, tokens: Sequence[str]) -> float:
    """Return how much later the gateway's answers come at a fixed pace, in the middle."""
    direct, passed = (
        asyncio.run(open_loop.ask(way.url, "GET", PATH, tokens, per_second=PER_SECOND, seconds=SECONDS))
        for way in (upstream, gateway)
    )
    for name, pace in (("direct", direct), ("gateway", passed)):
        _say(f"at {PER_SECOND}/s {name}: p50 {pace.p50:.2f}  p99 {pace.p99:.2f} ms, failed {pace.failed}")
    _say(f"the gateway adds {passed.p50 - direct.p50:.2f} ms in the middle")
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
    _say(f"{still_open:,} idle connections: {(taken - before) / 1e6:.0f} MB more, {taken / 1e6:.0f} MB in all")
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
        with _python("gateway", "fairground_gateway", environ, folder, port) as way:
            yield way
    finally:
        valkey.stop()


@contextmanager
def _httpx_proxy(folder: Path, upstream_url: str) -> Iterator[Measured]:
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "UPSTREAM": upstream_url, "PYTHONPATH": f"{_httpx()}:."}
    with _python(HTTPX, "bench.peers.httpx_proxy", environ, folder, port) as way:
        yield way


def _httpx() -> Path:
    """Return a folder with httpx, which is none of our dependencies; it is fetched once."""
    target = cache_folder(HTTPX)
    if not target.is_dir():
        uv = [".venv/uv/bin/uv", "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target)]
        subprocess.run([*uv, HTTPX], check=True, timeout=120)
    return target


@contextmanager
def _python(name: str, module: str, environ: dict[str, str], folder: Path, port: int) -> Iterator[Measured]:
    child = Child.start(Order([sys.executable, "-m", module], environ), log=folder / f"{name}.log")
    try:
        _wait_until_it_listens(child, port)
        yield Measured(name, f"http://{LOOPBACK}:{port}", child)
    finally:
        child.stop()


def _wait_until_it_listens(child: Child, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    process = psutil.Process(child.pid)
    while not any(each.laddr.port == port for each in process.net_connections("tcp") if each.status == "LISTEN"):
        if not child.alive or time.monotonic() > deadline:
            raise AssertionError(f"it did not start:\n{child.tail()}")
        time.sleep(0.1)


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
