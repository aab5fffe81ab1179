"""``make bench``: the whole product on this machine under load, PostgreSQL alone and a plain implementation beside it.

A load that plays counts only when it reconciles afterwards: plays = rows of the season pass's xp_log, nothing unsent.
The figures go to bench/results/latest.json; ``python -m bench.report`` writes them into docs/performance.md.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import uvloop

from bench import gateway, pgbench, report, wrk
from bench.content import GAMES, MANY_PRIZES
from bench.costs import Costs, memory_of
from bench.goals import USUAL
from bench.latency import Visible, play_to_xp
from bench.ledger import Ledger
from bench.loads import DRAIN_SECONDS, Bench
from bench.peer import orm_plays
from bench.players import SETTINGS, sign_in_players, write_tokens
from bench.say import say
from bench.tokens import cold_and_warm
from fairground_deploy.api import Api
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.testing import running_product

SECONDS = 12
WARM_UP_SECONDS = 3
CONNECTIONS = (1, 16, 64, 256)
PLAYS_PER_SECOND = 1000
ROULETTE = "/api/roulette/play"
OTHER_GAMES = (
    ("dice", "dice", None),
    ("lottery, one hot prize", "lottery", None),
    ("lottery, 20 prizes", "lottery", MANY_PRIZES),
)
"""Name of the load, game, and what it is configured with first."""
PAGES = (("status", "/api/roulette/status", 1000), ("season pass status", "/api/season-pass/status", 300))
"""Name of the load, path, and how many a second are asked for at a fixed pace: about a third of what it can."""
PLAYERS, IDLE_SAMPLES, BUSY_SAMPLES = 550, 50, 150
"""Players who sign in; of those, players who have never played, for play → XP while nothing else happens and beside."""

Part = Callable[["Scene"], Awaitable[dict[str, Any]]]


class Scene:
    """The product with its games open, and players who have signed in."""

    def __init__(self, product: Product, folder: Path, tokens: list[str], seconds: int) -> None:
        self.folder = folder
        self.idle_newcomers = tokens[:IDLE_SAMPLES]
        self.busy_newcomers = tokens[IDLE_SAMPLES : IDLE_SAMPLES + BUSY_SAMPLES]
        others = tokens[IDLE_SAMPLES + BUSY_SAMPLES :]
        file = write_tokens(others, folder / "tokens")
        self.bench = Bench(product, _ledger(product), others, file, seconds)
        self.admin: Api = sign_in_first_admin(product)
        for game, config in GAMES.items():
            self.open_game(game, config)

    def open_game(self, game: str, config: dict[str, Any]) -> None:
        version = self.admin.expect("POST", f"/api/admin/{game}/configs", config)["version"]
        self.admin.expect("POST", f"/api/admin/{game}/configs/{version}/activate")

    @property
    def shorter(self) -> Bench:
        """The same for half as long: there are five such loads, each at several numbers of connections."""
        return replace(self.bench, seconds=max(1, self.bench.seconds // 2))

    @property
    def postgres_url(self) -> str:
        postgres = self.bench.product.parts.postgres
        assert postgres is not None, "the bench runs on its own server"
        return postgres.url


def main() -> int:
    options = _options()
    figures = uvloop.run(_run(options.seconds, options.only))
    report.RESULTS.mkdir(parents=True, exist_ok=True)
    report.LATEST.write_text(json.dumps(figures, indent=2))
    sys.stdout.write(f"\n{report.tables(figures)}\n")
    return 0


async def _run(seconds: int, only: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="fairground-bench-") as made:
        folder = Path(made)
        async with running_product(folder, **SETTINGS) as product:
            started, before = time.monotonic(), Costs.of(product)
            tokens = await sign_in_players(product.gateway_url, PLAYERS)
            cpu = sum(Costs.of(product).since(before).values())
            say(f"{PLAYERS} players signed in within {time.monotonic() - started:.0f} s ({cpu:.0f} s of CPU)")
            scene = await asyncio.to_thread(Scene, product, folder, tokens, seconds)
            figures = _circumstances(seconds)
            for name, run in PARTS.items():
                if name in only:
                    figures |= await run(scene)
            memory = memory_of(product)
            say("memory, MB: " + "  ".join(f"{part} {size / 1e6:.0f}" for part, size in memory.items()))
            return {**figures, "memory_bytes": memory}


def _circumstances(seconds: int) -> dict[str, Any]:
    return {
        "at": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "seconds": seconds,
        "load_before": os.getloadavg()[0],
    }


async def _idle_xp(scene: Scene) -> dict[str, Any]:
    visible = await play_to_xp(scene.bench.url, scene.idle_newcomers, seconds=scene.bench.seconds)
    _say_xp("while nothing else happens", visible)
    return {"idle_play_to_xp": asdict(visible)}


async def _tokens(scene: Scene) -> dict[str, Any]:
    figures = await cold_and_warm(scene.bench.product, scene.bench.tokens)
    for name, seen in figures.items():
        say(f"{name} tokens: " + "  ".join(f"{what} {figure:.1f}" for what, figure in seen.items()))
    return {"tokens": figures}


async def _roulette(scene: Scene) -> dict[str, Any]:
    bench = scene.bench
    await asyncio.to_thread(wrk.play, bench.url, "roulette", bench.file, connections=USUAL, seconds=WARM_UP_SECONDS)
    await bench.ledger.drained(within=DRAIN_SECONDS)
    return {"roulette": [await bench.play("roulette", connections) for connections in CONNECTIONS]}


async def _games(scene: Scene) -> dict[str, Any]:
    loads, paces = [], []
    for name, game, config in OTHER_GAMES:
        if config is not None:
            await asyncio.to_thread(scene.open_game, game, config)
        loads += [await scene.shorter.play(game, connections, name=name) for connections in CONNECTIONS]
        paces.append(await scene.shorter.at_pace("POST", f"/api/{game}/play", PLAYS_PER_SECOND, name=name))
    return {"games": loads, "game_paces": paces}


async def _status(scene: Scene) -> dict[str, Any]:
    loads, paces = [], []
    for name, path, per_second in PAGES:
        loads += [await scene.shorter.look(path, connections, name=name) for connections in CONNECTIONS]
        paces.append(await scene.shorter.at_pace("GET", path, per_second, name=name))
    return {"status": loads, "status_paces": paces}


async def _open(scene: Scene) -> dict[str, Any]:
    return {"open": await scene.bench.at_pace("POST", ROULETTE, PLAYS_PER_SECOND, name="roulette")}


async def _busy_xp(scene: Scene) -> dict[str, Any]:
    """Play → XP of players who come along while others play at a steady pace."""
    _, visible = await asyncio.gather(
        scene.bench.at_pace("POST", ROULETTE, PLAYS_PER_SECOND, name="roulette"),
        play_to_xp(scene.bench.url, scene.busy_newcomers, seconds=scene.bench.seconds),
    )
    _say_xp(f"beside {PLAYS_PER_SECOND} plays/s", visible)
    return {"busy_play_to_xp": asdict(visible)}


async def _beside(scene: Scene) -> dict[str, Any]:
    """PostgreSQL alone, and one play as it is usually written, on the same server."""
    async with pgbench.plays_database(scene.postgres_url) as url:
        plain = await orm_plays(url, scene.folder, connections=USUAL, seconds=scene.bench.seconds)
    async with pgbench.plays_database(scene.postgres_url) as url:
        limits = await pgbench.statements_of_a_play(url, clients=USUAL, seconds=scene.bench.seconds)
    for name, load in plain.items():
        say(f"FastAPI + ORM, {name}: {load['plays_per_second']:,.0f} plays/s  p99 {load['p99']:.0f} ms")
    for name, rate in limits.items():
        say(f"pgbench, a play as {name.replace('_', ' ')}: {rate:,.0f} plays/s")
    return {"orm": plain, "pgbench": limits}


async def _gateway(scene: Scene) -> dict[str, Any]:
    """A gateway alone beside nginx and a plain proxy, before an upstream that does nothing."""

    def compared() -> dict[str, float]:
        (folder := scene.folder / "gateway").mkdir()
        with gateway.ways(folder) as ways:
            return ways.rates(seconds=max(1, scene.bench.seconds // 2), rounds=1)

    return {"gateway": await asyncio.to_thread(compared)}


PARTS: dict[str, Part] = {
    "idle-xp": _idle_xp,
    "tokens": _tokens,
    "roulette": _roulette,
    "open": _open,
    "busy-xp": _busy_xp,
    "games": _games,
    "status": _status,
    "beside": _beside,
    "gateway": _gateway,
}
"""In the order in which they run: tokens are cold only once, and the code should be warm by then."""


def _ledger(product: Product) -> Ledger:
    assert product.databases is not None, "a running product has its databases"
    known = product.databases.services
    return Ledger(known["games"].owner_url, known["seasonpass"].owner_url)


def _say_xp(when: str, visible: Visible) -> None:
    say(
        f"play → XP visible, {when}: p50 {visible.p50:.0f}  p99 {visible.p99:.0f}"
        f"  slowest of {visible.samples} {visible.slowest:.0f} ms"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The whole product under load.")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of each load (default: %(default)s)")
    told = f"parts to run (default: all): {' '.join(PARTS)}"
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=told)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
