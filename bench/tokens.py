"""What the first request with a token costs beside later ones: gateway and service each verify its signature once."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp

from bench.costs import Costs
from bench.open_loop import share_of
from fairground_deploy.local.product import Product

AT_ONCE = 8
PATH = "/api/roulette/status"
_VERIFIERS = ("gateway", "games")


async def cold_and_warm(product: Product, tokens: Sequence[str]) -> dict[str, dict[str, float]]:
    """Ask once with each token, none of which has been seen before, and then once more."""
    async with aiohttp.ClientSession(product.gateway_url) as session:
        return {name: await _once_each(product, session, tokens) for name in ("cold", "warm")}


async def _once_each(product: Product, session: aiohttp.ClientSession, tokens: Sequence[str]) -> dict[str, float]:
    before, limit = Costs.of(product), asyncio.Semaphore(AT_ONCE)
    times = sorted(await asyncio.gather(*(_ask(session, limit, token) for token in tokens)))
    spent = Costs.of(product).since(before)
    cpu = {f"{name}_cpu_us": spent[name] / len(tokens) * 1e6 for name in _VERIFIERS}
    return {"requests": len(tokens), "p50": share_of(times, 0.5), "p99": share_of(times, 0.99), **cpu}


async def _ask(session: aiohttp.ClientSession, limit: asyncio.Semaphore, token: str) -> float:
    async with limit:
        started = time.perf_counter()
        async with session.get(PATH, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.ok, await answer.text()
            await answer.read()
        return (time.perf_counter() - started) * 1000
