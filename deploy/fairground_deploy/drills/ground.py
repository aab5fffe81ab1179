"""Where drills of a running product take place: one of their own, with a player, an operator's commands, and signs."""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Self

import asyncpg

from fairground_common.embedded import Order, Postgres, RabbitMq
from fairground_common.embedded.children import run_to_end
from fairground_deploy.api import Api
from fairground_deploy.demo_content import GAMES
from fairground_deploy.drills.failed import DrillFailed
from fairground_deploy.drills.signs import Sign, told
from fairground_deploy.local.product import Product, Say
from fairground_deploy.local.ready import probe
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.local.throwaway import throwaway_product

SETTINGS = {
    "BROKER": "rabbitmq",
    "AUTH_KEY_LEAD_SECONDS": "4",  # the shortest there is: nobody wants to wait ten minutes for a drill
}
GAME = "roulette"
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.2


@dataclass(slots=True)
class Ground:
    """A product that may be broken. Each drill leaves it whole."""

    product: Product
    say: Say
    _who: dict[str, str] = field(default_factory=lambda: {"username": f"drill-{secrets.token_hex(6)}"})

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path, say: Say) -> AsyncIterator[Self]:
        """Run a product in a folder around the block."""
        async with throwaway_product(folder, say, **SETTINGS) as product:
            ground = cls(product, say)
            await asyncio.to_thread(ground.prepare)
            yield ground

    @property
    def node(self) -> RabbitMq:
        assert self.product.parts.node is not None, "it was asked for"
        return self.product.parts.node

    @property
    def postgres(self) -> Postgres:
        assert self.product.parts.postgres is not None, "no database is given by its address"
        return self.product.parts.postgres

    def admin(self) -> Api:
        return sign_in_first_admin(self.product)

    def player(self) -> Api:
        """Sign the player in anew."""
        return Api.signed_in(self.product.gateway_url, **self._who)

    def prepare(self) -> None:
        """Have a player sign up, and put up a wheel without a daily limit."""
        self._who["password"] = secrets.token_hex(16)
        Api(self.product.gateway_url).expect("POST", "/api/auth/register", self._who)
        admin, wheel = self.admin(), {**GAMES[GAME], "name": "Wheel of a drill", "max_daily": 0}
        version = admin.expect("POST", f"/api/admin/{GAME}/configs", wheel)["version"]
        admin.expect("POST", f"/api/admin/{GAME}/configs/{version}/activate")

    async def play(self, count: int) -> None:
        """Play so many times. Raises DrillFailed unless each is answered."""
        await asyncio.to_thread(self._play, count)
        self.say(f"  players go on: {count} plays answered")

    async def sees(self, sign: Sign, at_least: float) -> None:
        """Wait until a sign is there, and tell of it."""
        address = self.product.metrics_addresses()[sign.program]

        def shows() -> bool:
            return told(address, sign.series) >= at_least

        await self.until(f"{sign} at {at_least:g}", shows)
        self.say(f"  seen: {sign} {told(address, sign.series):g}")

    async def sees_end_of(self, sign: Sign) -> None:
        """Wait until a sign has gone."""
        address = self.product.metrics_addresses()[sign.program]
        await self.until(f"the end of {sign}", lambda: told(address, sign.series) == 0)
        self.say(f"  seen: {sign} 0")

    async def is_ready(self, program: str, *, ready: bool = True) -> None:
        """Wait for what a program says at /readyz."""
        port = int(self.product.metrics_addresses()[program].rpartition(":")[2])
        await self.until(f"{program} ready={ready}", lambda: bool(said := probe(port)) and (said == "ready") is ready)
        self.say(f"  seen: /readyz of {program} says {probe(port)[:200]}")

    async def fairground(self, *arguments: str, may_fail: bool = False, **environ: str) -> str:
        """Run a command as an operator does, and return what it says. Raises DrillFailed when it fails and may not."""
        self.say(f"  $ fairground {' '.join(arguments)}")
        order = Order([sys.executable, "-m", "fairground_deploy", *arguments], {**self._environ(), **environ})
        try:
            said = await asyncio.to_thread(run_to_end, order, seconds=PATIENCE_SECONDS)
        except CalledProcessError as failed:
            if not may_fail:
                raise DrillFailed(f"fairground {' '.join(arguments)} failed:\n{failed.output}") from None
            said = str(failed.output)
        self.say("\n".join(f"    {line}" for line in said.rstrip().splitlines()[-8:]))
        return said

    async def books_agree(self) -> None:
        """The last look of the runbook, which ends with 1 when a row does not read 0. Raises DrillFailed."""
        await self.fairground("reconcile", "--wait", "60")

    async def until(self, what: str, check: Callable[[], bool]) -> None:
        """Ask again and again, in a thread, whether something is so. Raises DrillFailed when it does not become so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not await asyncio.to_thread(_holds, check):
            if time.monotonic() > deadline:
                raise DrillFailed(f"waited in vain for: {what}")
            await asyncio.sleep(POLL_SECONDS)

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """Connect to a service's database as one who may do everything there."""
        name = f"fairground_{service}"
        connection = await asyncpg.connect(self.postgres.url, database=name, server_settings={"application_name": "me"})
        try:
            yield connection
        finally:
            await connection.close()

    def _environ(self) -> Mapping[str, str]:
        admin = self.product.admin
        return {
            **self.product.processes["auth"].environ,  # as `docker compose exec auth` has it
            "FAIRGROUND_URL": self.product.gateway_url,
            "ADMIN_USERNAME": admin.username,
            "ADMIN_PASSWORD": admin.password,
            "DATA_DIR": str(self.product.data.root),
        }

    def _play(self, count: int) -> None:
        player = self.player()
        for _ in range(count):
            reply = player.call("POST", f"/api/{GAME}/play", headers={"Idempotency-Key": secrets.token_hex(12)})
            if reply.status != HTTPStatus.OK:
                raise DrillFailed(f"a play was answered {reply}")


def _holds(check: Callable[[], Any]) -> bool:
    """Nobody listens while a process is being started again."""
    try:
        return bool(check())
    except OSError:
        return False
