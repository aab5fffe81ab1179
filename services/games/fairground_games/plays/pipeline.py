"""One transaction for a batch of plays: lock, decide, store, commit; all of it or nothing.

``settle`` never waits for a player whose row is held elsewhere: such plays come back as HELD and are settled alone,
with ``wait_for`` and the database's lock_timeout. An error of one play never reaches its neighbours: a batch that
fails is taken apart and each play is settled by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from fairground_common.db import DriverConnection
from fairground_common.db.database import ATTEMPTS, retry_pause
from fairground_common.db.failures import LOCK_TIMEOUT, UNIQUE, is_infrastructure_trouble, is_retryable, sqlstate_of
from fairground_common.errors import FairgroundError, RequestInProgress
from fairground_common.failpoints import failpoint
from fairground_games.configs.versions import StoredVersion, Versions
from fairground_games.fairness.seeds import Seeds
from fairground_games.plays import repository
from fairground_games.plays.play import Play
from fairground_games.plays.scene import Scene
from fairground_games.plays.settlement import Decision, Settlement

Outcome = Decision | Exception


class DayTurned(Exception):
    """A player's row is of a later day than this transaction, which began just before midnight: begin again."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Settles plays against the games database."""

    pool: asyncpg.Pool
    versions: Versions
    seeds: Seeds
    settlement: Settlement

    async def settle(self, plays: Sequence[Play]) -> Sequence[Outcome]:
        """Return one outcome a play, in order: an answer, a refusal, HELD, or the error that stopped it."""
        try:
            return await self._retrying(plays, wait=False)
        except Exception as error:  # noqa: BLE001 - told to each play's own request, which logs and answers it
            if sqlstate_of(error) == LOCK_TIMEOUT:
                return await self._settle_without_stock(plays, error)
            if len(plays) == 1 or is_infrastructure_trouble(error):
                return [error] * len(plays)
        return [(await self.settle([play]))[0] for play in plays]

    async def _settle_without_stock(self, plays: Sequence[Play], error: Exception) -> Sequence[Outcome]:
        """Refuse what a held prize stands in the way of, and settle the rest: a batch waits for no other row."""
        others = [play for play in plays if not play.game.has_stock]
        if len(others) == len(plays):
            return [error] * len(plays)
        settled = iter(await self.settle(others) if others else ())
        return [error if play.game.has_stock else next(settled) for play in plays]

    async def settle_waiting(self, plays: Sequence[Play]) -> Sequence[Outcome]:
        """Settle one player's plays, waiting for the row at most lock_timeout."""
        try:
            return await self._retrying(plays, wait=True)
        except Exception as error:  # noqa: BLE001 - told to each play's own request, which logs and answers it
            if sqlstate_of(error) == LOCK_TIMEOUT:
                return [_held_too_long(play, error) for play in plays]
            return [error] * len(plays)

    async def _retrying(self, plays: Sequence[Play], *, wait: bool) -> Sequence[Outcome]:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._transaction(plays, wait=wait, last=False)
            except Exception as error:
                if not _worth_repeating(error):
                    raise
                await retry_pause()
        return await self._transaction(plays, wait=wait, last=True)

    async def _transaction(self, plays: Sequence[Play], *, wait: bool, last: bool) -> Sequence[Outcome]:
        async with self.pool.acquire() as connection, connection.transaction():
            if wait:
                await repository.wait_for_players(connection, sorted({play.user_id for play in plays}))
            scene = await repository.lock(connection, plays)
            if any(player.day > scene.world.today for player in scene.players.values()) and not last:
                raise DayTurned
            if scene.newcomers:
                await repository.enrol(connection, scene.newcomers, scene, self.seeds)
            outcomes = await self._decide_and_store(connection, plays, scene)
            failpoint("games.before_commit")
        failpoint("games.after_commit")
        return outcomes

    async def _decide_and_store(
        self, connection: DriverConnection, plays: Sequence[Play], scene: Scene
    ) -> Sequence[Outcome]:
        versions = await self._versions_of(connection, plays, scene)
        left: dict[str, int] = {}
        while True:
            batch = self.settlement.decide(plays, scene, versions, left)
            failpoint("games.before_insert")
            short = await repository.store(connection, batch, scene.world.now) if batch.settled else {}
            if not short:
                return batch.decisions
            left |= short

    async def _versions_of(
        self, connection: DriverConnection, plays: Sequence[Play], scene: Scene
    ) -> Mapping[tuple[str, int], StoredVersion | FairgroundError]:
        """Load the versions the batch needs; one that is broken is a refusal for its plays only."""
        active = scene.world.active
        needed = {(play.game.name, active[play.game.name]) for play in plays if play.game.name in active}
        needed |= {(row.game, row.config_version) for row in scene.replays.values()}
        loaded: dict[tuple[str, int], StoredVersion | FairgroundError] = {}
        for game, number in sorted(needed):
            try:
                loaded[game, number] = await self.versions.get(connection, game, number)
            except FairgroundError as broken:
                loaded[game, number] = broken
        return loaded


def _worth_repeating(error: BaseException) -> bool:
    # A unique violation is a twin of this play (its key, its player) that committed after our snapshot.
    return is_retryable(error) or isinstance(error, DayTurned) or sqlstate_of(error) == UNIQUE


def _held_too_long(play: Play, error: Exception) -> Outcome:
    """A second request under a key has waited for the first; any other play may simply be repeated."""
    return error if play.idempotency_key is None else RequestInProgress(retry_after=1)
