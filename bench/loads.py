"""Loads on the whole product, each with what it cost; one that stores plays counts only when it reconciles."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import open_loop, wrk
from bench.costs import Costs
from bench.ledger import DoesNotReconcile, Ledger
from bench.say import say
from fairground_deploy.local.product import Product

DRAIN_SECONDS = 60
LEAST_CPU_US = 0.5
"""What a process spends below this is not told."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A running product and who plays."""

    product: Product
    ledger: Ledger
    tokens: Sequence[str]
    file: Path
    """The tokens again, for wrk."""
    seconds: int

    @property
    def url(self) -> str:
        return self.product.gateway_url

    async def play(self, game: str, connections: int, *, name: str = "") -> dict[str, Any]:
        """Let players play as fast as so many connections allow."""
        before = await self.ledger.plays()
        figures = await self._closed(
            name or game,
            lambda: wrk.play(self.url, game, self.file, connections=connections, seconds=self.seconds),
        )
        drained, made = await self.ledger.drained(within=DRAIN_SECONDS), await self.ledger.plays() - before
        if not figures["answered"] - figures["refused"] <= made <= figures["answered"] + connections:
            raise DoesNotReconcile(f"{figures['answered']} answered, but {made} plays stored")
        say(f"    drained in {drained:.1f} s")
        return {**figures, "drained_seconds": drained}

    async def look(self, path: str, connections: int, *, name: str) -> dict[str, Any]:
        """Let players look at a page as fast as so many connections allow."""
        return await self._closed(
            name, lambda: wrk.get(self.url, path, self.file, connections=connections, seconds=self.seconds)
        )

    async def at_pace(self, method: str, path: str, per_second: int, *, name: str) -> dict[str, Any]:
        """Let players ask at a fixed pace; plays it leaves behind are drained before it returns."""
        pace = await open_loop.ask(self.url, method, path, self.tokens, per_second=per_second, seconds=self.seconds)
        say(
            f"{name} at {per_second}/s: p50 {pace.p50:.1f}  p95 {pace.p95:.1f}  p99 {pace.p99:.1f}"
            f"  slowest {pace.slowest:.1f} ms  failed {pace.failed}; the generator was up to {pace.late:.1f} ms late"
        )
        return {"name": name, **asdict(pace), "drained_seconds": await self.ledger.drained(within=DRAIN_SECONDS)}

    async def _closed(self, name: str, run: Callable[[], wrk.Load]) -> dict[str, Any]:
        before = Costs.of(self.product)
        load = await asyncio.to_thread(run)
        spent = Costs.of(self.product).since(before)
        each = {part: seconds / max(load.answered, 1) * 1e6 for part, seconds in spent.items()}
        cpu = {part: cost for part, cost in each.items() if cost >= LEAST_CPU_US}
        say(
            f"{name}, {load.connections} connections: {load.rate:,.0f}/s  p50 {load.p50:.1f}  p95 {load.p95:.1f}"
            f"  p99 {load.p99:.1f}  slowest {load.slowest:.0f} ms  refused {load.refused}  failed {load.failed}"
        )
        say("    µs CPU each: " + "  ".join(f"{part} {cost:.0f}" for part, cost in cpu.items()))
        return {"name": name, **asdict(load), "per_second": load.rate, "cpu_us": cpu}
