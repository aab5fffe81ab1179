"""Whether a load counts: every play answered is stored, and every play stored has reached the season pass once."""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from bench import servers

_PLAYS = """
SELECT (SELECT count(*) FROM play WHERE play_id > $1) AS plays, (SELECT count(*) FROM outbox) AS unsent
"""
_NONCES = "SELECT coalesce(sum(nonce), 0)::bigint FROM player"
_CONSUMED = "SELECT count(*) FROM season_pass_xp_log WHERE event_id > $1"


class DoesNotReconcile(Exception):
    """The season pass did not end with exactly the plays that were made."""


_FROM_THE_BEGINNING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads the two databases a play ends in; of large tables only what was made after an id."""

    games_url: str
    seasonpass_url: str
    after: UUID = _FROM_THE_BEGINNING
    nonces_before: int = 0

    async def plays(self) -> int:
        return int((await self._games())["plays"])

    async def drained(self, *, within: float) -> float:
        """Wait until plays = xp_log rows and nothing is unsent; return how many seconds that took."""
        started = time.monotonic()
        while True:
            games, consumed = await self._games(), await self._consumed()
            waited = time.monotonic() - started
            agrees = games["plays"] == consumed and games["unsent"] == 0
            if agrees and games["plays"] == await self.nonces() - self.nonces_before:
                return waited
            if waited > within:
                raise DoesNotReconcile(f"{dict(games)}, {consumed} consumed, {await self.nonces()} nonces")
            await asyncio.sleep(0.05)

    async def nonces(self) -> int:
        """Return how many plays all players know of; it reads every player, so it is asked last."""
        async with servers.connection(self.games_url) as connection:
            return int(await connection.fetchval(_NONCES))

    async def _games(self) -> asyncpg.Record:
        async with servers.connection(self.games_url) as connection:
            row = await connection.fetchrow(_PLAYS, self.after)
        assert row is not None
        return row

    async def _consumed(self) -> int:
        async with servers.connection(self.seasonpass_url) as connection:
            return int(await connection.fetchval(_CONSUMED, self.after))
