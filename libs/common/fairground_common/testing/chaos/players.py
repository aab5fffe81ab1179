"""Players who go on playing while something is done to the games, each play repeated until its answer is definite."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import count

from fairground_common.testing.chaos.games import Trial
from fairground_common.testing.eventually import eventually

PLAYERS = 12
PATIENCE_SECONDS = 90.0
"""What a database may need to recover on a busy machine, and the players to get through after it."""


class Players:
    """Their wheel must have no daily limit. ``name`` is used once: it tells their keys from everybody else's."""

    def __init__(self, trial: Trial, name: str) -> None:
        self.answered = 0
        self._go_on = True
        self._trial = trial
        self._keys = (f"{name}-{number}" for number in count())

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """Play until the end of the block; a play under way is given up then, and its end is unknown."""
        async with asyncio.TaskGroup() as group:
            players = [group.create_task(self._play_on(user)) for user in range(1, PLAYERS + 1)]
            yield
            self._go_on = False  # a timeout of the same moment may take a cancellation for its own
            for player in players:
                player.cancel()

    async def get_answers(self, plays: int = 3 * PLAYERS) -> None:
        """Return when so many more plays have been answered."""
        enough = self.answered + plays
        await eventually(lambda: self.answered >= enough, within=PATIENCE_SECONDS)

    async def _play_on(self, user: int) -> None:
        while self._go_on:
            answer = await self._trial.callers.insist(user, "roulette", next(self._keys))
            assert answer.status == HTTPStatus.OK, answer
            self.answered += 1
