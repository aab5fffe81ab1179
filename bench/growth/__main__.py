"""Run it: fill one of two products, let both be played in turn, compare, and reconcile.

The figures go to bench/results/growth.json; ``python -m bench.report`` writes them into docs/performance.md. It ends
with 1 when a load takes more than 1.2 times as long, or CPU, on the filled product, or when its books do not read 0.
"""

import argparse
import asyncio
import datetime
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop

from bench import report, servers, wrk
from bench.goals import USUAL
from bench.growth import filling, ratios
from bench.growth.ratios import Ratio, Side
from bench.growth.twins import Twin, twins
from bench.loads import DRAIN_SECONDS, Bench
from bench.players import sign_in
from bench.say import say
from fairground_common.clock import Clock
from fairground_common.progress import keep_quiet
from fairground_deploy.api import RefusedError
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.reconcile.dead import DeadPlays
from fairground_deploy.reconcile.rounds import reconcile

PLAYS, PLAYERS = 10_000_000, 1_000_000
SECONDS, ROUNDS = 6, 3
WARM_UP_SECONDS = 3
VISITORS = 300
"""Who play during the loads: new players of the one product, players spread over all copies of the other."""

Load = Callable[[Bench], Awaitable[dict[str, Any]]]

LOADS: dict[str, Load] = {
    "roulette": lambda bench: bench.play("roulette", USUAL),
    "dice": lambda bench: bench.play("dice", USUAL),
    "lottery": lambda bench: bench.play("lottery", USUAL, name="lottery, one hot prize"),
    "status": lambda bench: bench.look("/api/roulette/status", USUAL, name="status"),
    "season": lambda bench: bench.look("/api/season-pass/status", USUAL, name="season pass status"),
    "history": lambda bench: bench.look("/api/roulette/history", USUAL, name="history"),
}


def main() -> int:
    options = _options()
    figures, wrong = uvloop.run(_run(options))
    report.RESULTS.mkdir(parents=True, exist_ok=True)
    report.GROWTH.write_text(json.dumps(figures, indent=2))
    sys.stdout.write(f"\n{ratios.tables(figures)}\n")
    sys.stdout.writelines(f"does not reconcile: {row}\n" for row in wrong)
    return 0 if ratios.all_met(figures) and not wrong else 1


async def _run(options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="fairground-growth-") as made:
        folder = Path(made)
        filling.require_room(folder, options.plays)
        async with twins(folder) as (small, filled):
            size = await _fill(filled, options.plays, options.players)
            benches = await _benches(small, filled, options.players, options.seconds)
            loads = await _in_turn(benches, options.rounds)
            wrong = await asyncio.to_thread(_reconcile, filled)
    figures = {
        "at": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "seconds": options.seconds,
        "rounds": options.rounds,
        "load_before": load_before,
        "filled": size,
        "loads": [asdict(each) for each in loads],
    }
    return figures, wrong


async def _fill(twin: Twin, plays: int, players: int) -> dict[str, Any]:
    originals = await twin.play_originals(max(1, plays // players))
    seconds = await filling.fill(twin.product, originals, players)
    async with servers.connection(twin.databases["games"]) as connection:
        stored = int(await connection.fetchval("SELECT count(*) FROM play"))
    size = 0
    for url in twin.databases.values():
        async with servers.connection(url) as connection:
            size += int(await connection.fetchval("SELECT pg_database_size(current_database())"))
    say(f"{stored:,} plays stored within {seconds:.0f} s, {size / 1e9:.1f} GB")
    return {"plays": stored, "players": players, "days": filling.DAYS, "bytes": size, "seconds": seconds}


async def _benches(small: Twin, filled: Twin, players: int, seconds: int) -> list[Bench]:
    names = {small: [f"visitor.{n}" for n in range(VISITORS)]}
    names[filled] = [f"copy.{user_id}" for user_id in filling.ids_of_copies(players, VISITORS)]
    benches = []
    for twin, usernames in names.items():
        tokens = await sign_in(twin.product.gateway_url, usernames, new=twin is small)
        bench = await twin.bench(tokens, seconds)
        await asyncio.to_thread(wrk.play, bench.url, "roulette", bench.file, connections=USUAL, seconds=WARM_UP_SECONDS)
        await bench.ledger.drained(within=DRAIN_SECONDS)
        benches.append(bench)
    return benches


async def _in_turn(benches: list[Bench], rounds: int) -> list[Ratio]:
    found = []
    for name, load in LOADS.items():
        seen: list[list[dict[str, Any]]] = [[], []]
        for _ in range(rounds):
            for bench, of_twin in zip(benches, seen, strict=True):
                of_twin.append(await load(bench))
        small, filled = map(Side.of, seen)
        found.append(Ratio(small=small, filled=filled, name=seen[0][0]["name"]))
        say(f"{name}: {found[-1].time:.2f} times as long, {found[-1].cpu:.2f} times the CPU on filled tables")
    return found


def _reconcile(twin: Twin) -> list[str]:
    """Return what does not read 0, in words, of all days there are."""
    started, today = time.monotonic(), Clock().today()
    first = today - datetime.timedelta(days=filling.DAYS)
    admin = sign_in_first_admin(twin.product)
    try:
        rows = reconcile(admin, first, today, DeadPlays({}), patience=DRAIN_SECONDS, progress=keep_quiet)
    except RefusedError as refused:
        return [str(refused)]
    say(f"{len(rows)} rows reconciled within {time.monotonic() - started:.0f} s")
    return [str(row) for row in rows if not row.reads_zero]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description="Loads on small and on filled tables.")
    parser.add_argument("--plays", type=int, default=PLAYS, help="in the filled product (default: %(default)s)")
    parser.add_argument("--players", type=int, default=PLAYERS, help="who made them (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of each load (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each load on each (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
