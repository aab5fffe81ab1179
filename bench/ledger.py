"""Whether a load counts: every play answered is stored, and every play stored has reached the season pass once."""

import asyncio
import time
from dataclasses import dataclass

import asyncpg

_COUNTS = """
SELECT (SELECT count(*) FROM play) AS plays, (SELECT count(*) FROM outbox) AS unsent,
       (SELECT coalesce(sum(nonce), 0) FROM player) AS nonces
"""


class DoesNotReconcile(Exception):
    """The season pass did not end with exactly the plays that were made."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads the two databases a play ends in."""

    games_url: str
    seasonpass_url: str

    async def plays(self) -> int:
        return int((await self._games())["plays"])

    async def drained(self, *, within: float) -> float:
        """Wait until plays = xp_log rows and nothing is unsent; return how many seconds that took."""
        started = time.monotonic()
        while True:
            games, consumed = await self._games(), await self._consumed()
            waited = time.monotonic() - started
            if games["plays"] == games["nonces"] == consumed and games["unsent"] == 0:
                return waited
            if waited > within:
                raise DoesNotReconcile(f"{dict(games)}, {consumed} consumed")
            await asyncio.sleep(0.05)

    async def _games(self) -> asyncpg.Record:
        connection = await asyncpg.connect(self.games_url)
        try:
            row = await connection.fetchrow(_COUNTS)
        finally:
            await connection.close()
        assert row is not None
        return row

    async def _consumed(self) -> int:
        connection = await asyncpg.connect(self.seasonpass_url)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM season_pass_xp_log"))
        finally:
            await connection.close()
