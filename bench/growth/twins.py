"""The same product twice: one as it begins, one to be filled. Each has a server of its own, and both the same players.

Loads on the two take turns, so that what else the machine does meanwhile strikes both alike.
"""

import asyncio
import datetime
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench import servers
from bench.content import GAMES
from bench.growth.filling import DAYS, Originals
from bench.ledger import Ledger
from bench.loads import DRAIN_SECONDS, Bench
from bench.players import SETTINGS, sign_in, write_tokens
from fairground_common.clock import KST, Clock
from fairground_common.ids import new_id
from fairground_common.testing import eventually
from fairground_deploy.api import Api
from fairground_deploy.demo_content import season
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.testing import running_product

ORIGINALS = 40
ROUND = ("roulette", "roulette", "dice", "roulette", "lottery")
"""What an original plays, again and again."""
DAY = datetime.timedelta(days=1)
LONG_TOKENS = {"AUTH_ACCESS_TOKEN_SECONDS": "3600"}
"""All loads, and the reconciling of a million players, take longer than a token usually lives."""

_WHO_PLAYED = "SELECT user_id FROM player WHERE nonce > 0 ORDER BY user_id"
_BEGAN = "SELECT min(created_at) FROM play"
_UNDELIVERED = "SELECT count(*) FROM season_pass_delivery WHERE delivered_at IS NULL"


@dataclass(frozen=True, slots=True)
class Twin:
    """A product with a season that began before its oldest play."""

    name: str
    product: Product
    folder: Path

    @property
    def databases(self) -> Mapping[str, str]:
        """Return the owner's URL of each service's database."""
        assert self.product.databases is not None
        return {name: each.owner_url for name, each in self.product.databases.services.items()}

    async def play_originals(self, plays: int) -> Originals:
        """Let new players play so many times each, and wait until everything that follows from it has happened."""
        names = [f"original.{number}" for number in range(ORIGINALS)]
        tokens = await sign_in(self.product.gateway_url, names, new=True)
        async with aiohttp.ClientSession(self.product.gateway_url) as session:
            for number in range(plays):
                game = ROUND[number % len(ROUND)]
                await asyncio.gather(*(_play(session, game, token, f"original-{number}") for token in tokens))
        await self.ledger().drained(within=DRAIN_SECONDS)
        await eventually(self._everything_delivered, within=DRAIN_SECONDS)
        async with servers.connection(self.databases["games"]) as connection:
            ids = [user_id for (user_id,) in await connection.fetch(_WHO_PLAYED)]
            began = (await connection.fetchval(_BEGAN)).astimezone(KST)
        return Originals(ids, began.hour * 3600 + began.minute * 60 + began.second)

    def ledger(self) -> Ledger:
        return Ledger(self.databases["games"], self.databases["seasonpass"])

    async def bench(self, tokens: list[str], seconds: int) -> Bench:
        """Return loads by these players, that count only what they add."""
        file = write_tokens(tokens, self.folder / "tokens")
        known = self.ledger()
        ledger = Ledger(known.games_url, known.seasonpass_url, new_id(), await known.nonces())
        return Bench(self.product, ledger, tokens, file, seconds)

    async def _everything_delivered(self) -> bool:
        async with servers.connection(self.databases["seasonpass"]) as connection:
            return bool(await connection.fetchval(_UNDELIVERED) == 0)


@asynccontextmanager
async def twins(folder: Path) -> AsyncIterator[tuple[Twin, Twin]]:
    """Run both products."""
    async with AsyncExitStack() as stack:
        small, filled = [await stack.enter_async_context(_twin(name, folder / name)) for name in ("small", "filled")]
        yield small, filled


@asynccontextmanager
async def _twin(name: str, folder: Path) -> AsyncIterator[Twin]:
    async with running_product(folder / "data", **SETTINGS, **LONG_TOKENS) as product:
        admin = await asyncio.to_thread(sign_in_first_admin, product)
        await asyncio.to_thread(_open, admin)
        yield Twin(name, product, folder)


def _open(admin: Api) -> None:
    """Replace the demo's games by those without a limit, and its season by one that all plays belong to."""
    for game, config in GAMES.items():
        version = admin.expect("POST", f"/api/admin/{game}/configs", config)["version"]
        admin.expect("POST", f"/api/admin/{game}/configs/{version}/activate")
    for each in admin.expect("GET", "/api/admin/seasons")["items"]:
        admin.expect("POST", f"/api/admin/seasons/{each['id']}/retire")
    today = Clock().today()
    made = admin.expect("POST", "/api/admin/seasons", season(today - (DAYS + 1) * DAY, today + DAYS * DAY))
    admin.expect("POST", f"/api/admin/seasons/{made['id']}/publish")


async def _play(session: aiohttp.ClientSession, game: str, token: str, key: str) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    async with session.post(f"/api/{game}/play", headers=headers) as answer:
        assert answer.ok, await answer.text()
