"""The games API on trial: several processes on one database, seen from outside and from the database."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import asyncpg

from fairground_common.testing.chaos.books import GamesBooks
from fairground_common.testing.chaos.callers import Callers
from fairground_common.testing.chaos.checker import Numbers, check
from fairground_common.testing.chaos.members import Member
from fairground_common.testing.eventually import eventually

ADMIN = 900

_BUSY = """
SELECT pid, state, query FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'games-%' AND state <> 'idle'
"""

_WAITING = """
SELECT application_name AS pool, count(*) AS connections FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' GROUP BY application_name
"""

POOLS = {"games-plays": 8, "games-api": 12}
"""The most connections each pool of one process lends: of the play pipeline, and of everything else."""
_READS = {"games-plays": "/api/roulette/status", "games-api": "/api/fairness"}
"""A request that takes one connection of the pool, to look at its player."""


@dataclass(slots=True)
class Trial:
    """What a test has in its hands."""

    members: list[Member]
    callers: Callers
    database: asyncpg.Connection
    """A superuser's connection to the games database."""
    opening_stock: dict[str, int] = field(default_factory=dict)

    async def open_wheel(self, *, max_daily: int = 0) -> None:
        """Put up a wheel that pays points in every slot: nothing can be booked twice without being seen."""
        slots = [
            {"slot_index": slot, "label": f"Slot {slot}", "weight": 1, "reward": {"type": "POINT", "amount": slot + 1}}
            for slot in range(6)
        ]
        await self._open("roulette", {"name": "Wheel", "max_daily": max_daily, "segments": slots})

    async def open_lottery(self, stock: Mapping[str, int]) -> None:
        """Put up a lottery without a daily limit whose prizes all run out."""
        prizes = [
            {"key": key, "label": key, "weight": 1, "stock": units, "reward": {"type": "POINT", "amount": 1}}
            for key, units in stock.items()
        ]
        await self._open("lottery", {"name": "Lottery", "max_daily": 0, "prizes": prizes})
        self.opening_stock |= stock

    async def comes_to_rest(self) -> None:
        """Wait until no transaction of the service is open: what a killed process had begun has ended."""

        async def nobody_is_busy() -> bool:
            busy = await self.database.fetch(_BUSY)
            assert not busy, busy
            return True

        await eventually(nobody_is_busy, within=30)

    async def lends_every_connection(self, holder: asyncpg.Connection) -> None:
        """Fail unless all connections the pools of running members may hold can be at work at once.

        One still lent to a request that has gone would be missing. ``holder`` is a session of its own.
        """
        ports = [member.port for member in self.members if member.is_running]
        expected = Counter({pool: size * len(ports) for pool, size in POOLS.items()})

        async def all_wait() -> bool:
            waiting = Counter({row["pool"]: row["connections"] for row in await self.database.fetch(_WAITING)})
            assert waiting == expected, waiting
            return True

        async with holder.transaction(), asyncio.TaskGroup() as group:
            await holder.execute("LOCK TABLE player")
            readers = [
                group.create_task(self._keep_reading(path, port))
                for port in ports
                for pool, path in _READS.items()
                for _ in range(2 * POOLS[pool])
            ]
            await eventually(all_wait, within=20)
            for reader in readers:
                reader.cancel()

    async def plays_under(self, key: str) -> int:
        count: int = await self.database.fetchval("SELECT count(*) FROM play WHERE idempotency_key = $1", key)
        return count

    async def is_one_story(self) -> Numbers:
        """Repeat what is unknown, wait for rest, and raise BooksDiffer unless the check finds nothing.

        A member that logged an error has met something it does not know how to answer: nothing done to it here may.
        """
        await self.callers.settle_unknown()
        await self.comes_to_rest()
        said = "".join(member.said for member in self.members)
        assert not said, said
        books = await GamesBooks.read(self.database)
        verdict = check(self.callers.history.attempts(), books, opening_stock=self.opening_stock)
        verdict.require_clean(self.callers.history.path)
        return verdict.numbers

    async def _keep_reading(self, path: str, port: int) -> None:
        while True:
            with suppress(OSError):
                await self.callers.call("GET", path, 1, port=port)

    async def _open(self, game: str, config: dict[str, Any]) -> None:
        configs = f"/api/admin/{game}/configs"
        port = next(member.port for member in self.members if member.is_running)
        draft = await self.callers.call("POST", configs, ADMIN, "admin", "operator", body=config, port=port)
        assert draft.status in {HTTPStatus.OK, HTTPStatus.CREATED}, draft
        path = f"{configs}/{draft.body['version']}/activate"
        active = await self.callers.call("POST", path, ADMIN, "admin", "operator", port=port)
        assert active.status == HTTPStatus.OK, active
