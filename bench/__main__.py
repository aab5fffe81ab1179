"""``make bench``: the whole product on this machine, a load through the gateway, PostgreSQL's own figures beside it.

A run counts only when it reconciles afterwards: plays = rows of the season pass's xp_log, nothing unsent.
"""

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import open_loop, wrk
from bench.costs import Costs
from bench.latency import play_to_xp
from bench.ledger import Ledger
from bench.pgbench import statements_of_a_play
from bench.players import SETTINGS, sign_in_players, write_tokens
from fairground_deploy.api import Api
from fairground_deploy.demo_content import ROULETTE
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.testing import running_product

PLAYERS = 500
SECONDS = 12
WARM_UP_SECONDS = 3
CONNECTIONS = (1, 16, 64, 128, 256)
HOT_CONNECTIONS = 64
STATUS_PER_SECOND = 200
PLAYS_PER_SECOND = 300
"""The pace at which play → XP is measured beside what other players do."""
SAMPLES = 60
"""Players who have never played, for each of the two measurements of play → XP."""
HOT_LOTTERY = {
    "name": "One hot prize",
    "max_daily": 0,
    "prizes": [
        {
            "key": "hot",
            "label": "Hot prize",
            "reward": {"type": "POINT", "amount": 1},
            "weight": 1,
            "stock": 100_000_000,
            "is_active": True,
        }
    ],
}
DRAIN_SECONDS = 60
RESULTS = Path("bench/results")


def main() -> int:
    report = asyncio.run(_run())
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(report, indent=2))
    return 0


async def _run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="fairground-bench-") as folder:
        async with running_product(Path(folder), **SETTINGS) as product:
            return await _measure(product, Path(folder))


async def _measure(product: Product, folder: Path) -> dict[str, Any]:
    await asyncio.to_thread(_open_games, product)
    tokens = await sign_in_players(product.gateway_url, PLAYERS)
    file = write_tokens(tokens[2 * SAMPLES :], folder / "tokens")
    ledger = _ledger(product)
    idle = await play_to_xp(product.gateway_url, tokens[:SAMPLES])
    _say_xp("idle", idle)
    await asyncio.to_thread(wrk.play, product.gateway_url, "roulette", file, connections=64, seconds=WARM_UP_SECONDS)
    await ledger.drained(within=DRAIN_SECONDS)
    busy = await _xp_beside_plays(product.gateway_url, tokens)
    await ledger.drained(within=DRAIN_SECONDS)
    status = await open_loop.ask(
        product.gateway_url, "GET", "/api/roulette/status", tokens, per_second=STATUS_PER_SECOND, seconds=SECONDS
    )
    _say_pace("status", status)
    loads = [await _load(product, ledger, "roulette", file, connections) for connections in CONNECTIONS]
    hot = await _load(product, ledger, "lottery", file, HOT_CONNECTIONS)
    roulette = next(load for load in loads if load["connections"] == HOT_CONNECTIONS)
    _say(f"the hot prize does {hot['plays_per_second'] / roulette['plays_per_second']:.2f} of roulette's rate")
    _say_costs(Costs.of(product))
    limits = await _database_limits(product)
    best = max(load["plays_per_second"] for load in loads)
    for name, rate in limits.items():
        share = best / rate
        _say(f"pgbench, a play as {name.replace('_', ' ')}: {rate:,.0f} plays/s; the product does {share:.2f} of it")
    return {
        "idle_play_to_xp_ms": idle,
        "busy_play_to_xp_ms": busy,
        "status": asdict(status),
        "loads": loads,
        "hot_prize": hot,
        "pgbench": limits,
    }


async def _xp_beside_plays(url: str, tokens: list[str]) -> list[float]:
    """Return play → XP of players who come along while others play at a steady pace."""
    newcomers, others = tokens[SAMPLES : 2 * SAMPLES], tokens[2 * SAMPLES :]
    pace, visible = await asyncio.gather(
        open_loop.ask(url, "POST", "/api/roulette/play", others, per_second=PLAYS_PER_SECOND, seconds=SECONDS),
        play_to_xp(url, newcomers),
    )
    _say_pace("plays", pace)
    _say_xp(f"beside {pace.per_second} plays/s", visible)
    return visible


async def _load(product: Product, ledger: Ledger, game: str, tokens: Path, connections: int) -> dict[str, Any]:
    before, cost = await ledger.plays(), Costs.of(product)
    load = await asyncio.to_thread(
        wrk.play, product.gateway_url, game, tokens, connections=connections, seconds=SECONDS
    )
    drained = await ledger.drained(within=DRAIN_SECONDS)
    made = await ledger.plays() - before
    if not load.answered - load.refused <= made <= load.answered + connections:
        raise AssertionError(f"{load.answered} answered, but {made} plays stored")
    spent = Costs.of(product).since(cost)
    _say(
        f"{game} {connections:4} connections: {load.rate:7,.0f} plays/s  p50 {load.p50:6.1f}  p95 {load.p95:6.1f}"
        f"  p99 {load.p99:6.1f} ms  refused {load.refused}  failed {load.failed}  drained in {drained:.1f} s"
    )
    per_play = {name: seconds / max(made, 1) * 1e6 for name, seconds in spent.items()}
    _say("     µs CPU a play: " + "  ".join(f"{name} {cpu:.0f}" for name, cpu in per_play.items() if cpu >= 1))
    return {**asdict(load), "plays_per_second": load.rate, "drained_seconds": drained, "cpu_us_per_play": per_play}


async def _database_limits(product: Product) -> dict[str, float]:
    assert product.parts.postgres is not None, "the bench runs on its own server"
    return await statements_of_a_play(product.parts.postgres.url, clients=64, seconds=SECONDS)


def _open_games(product: Product) -> None:
    """Make the demo's roulette unlimited, and a lottery in which every play takes a unit of the same prize."""
    admin: Api = sign_in_first_admin(product)
    for game, config in {"roulette": {**ROULETTE, "max_daily": 0}, "lottery": HOT_LOTTERY}.items():
        version = admin.expect("POST", f"/api/admin/{game}/configs", config)["version"]
        admin.expect("POST", f"/api/admin/{game}/configs/{version}/activate")


def _ledger(product: Product) -> Ledger:
    assert product.databases is not None, "a running product has its databases"
    known = product.databases.services
    return Ledger(known["games"].owner_url, known["seasonpass"].owner_url)


def _say_pace(what: str, pace: open_loop.Pace) -> None:
    _say(
        f"{what} at {pace.per_second}/s: p50 {pace.p50:.1f}  p99 {pace.p99:.1f}  slowest {pace.slowest:.1f} ms"
        f"  failed {pace.failed}"
    )


def _say_xp(when: str, visible: list[float]) -> None:
    _say(
        f"play → XP visible, {when}: p50 {visible[len(visible) // 2]:.0f} ms, slowest of {len(visible)}"
        f" {visible[-1]:.0f} ms"
    )


def _say_costs(costs: Costs) -> None:
    _say("memory, MB: " + "  ".join(f"{name} {size / 1e6:.0f}" for name, size in costs.memory.items()))


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
