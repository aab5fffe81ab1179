"""Players who go on playing, whatever happens to the product meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any

from fairground_common.testing.eventually import eventually
from fairground_deploy.testing.player import PATIENCE_SECONDS, Player

GAME = "roulette"
PAGES = (
    "/api/season-pass/status",
    "/api/auth/me",
    "/api/ranking/today?top=3",
    "/api/today-feature",
    f"/api/{GAME}/status",
)
"""What somebody looks at meanwhile: something of every service."""
BREATH_SECONDS = 0.01
"""Between two requests; without it the load generator takes the processors from what is to come back."""


class Crowd:
    """Players and the answers their plays got. The game must have no daily limit."""

    def __init__(self, players: Sequence[Player]) -> None:
        self.answers: dict[Player, list[Any]] = {player: [] for player in players}
        self._stopping = False

    @property
    def plays(self) -> int:
        return sum(len(answers) for answers in self.answers.values())

    @property
    def troubles(self) -> Counter[str]:
        """Why requests had to be repeated, and how often."""
        return sum((player.troubles for player in self.answers), Counter[str]())

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """Play until the end of the block; then every play asked for has been answered."""
        async with asyncio.TaskGroup() as group:
            for player in self.answers:
                group.create_task(self._play(player))
            group.create_task(self._look_around(next(iter(self.answers))))
            yield
            self._stopping = True

    async def is_served(self) -> None:
        """Return when a play that is asked for from now on has been answered and counted by the season pass.

        That is the whole way: gateway, games, relay, broker, consumer.
        """
        player, answers = next(iter(self.answers.items()))
        before = len(answers)

        async def counted() -> bool:
            lines = (await player.insist("GET", "/api/season-pass/xp-history"))["items"]
            # The first one after `before` may have been under way already.
            fresh = {answer["event_id"] for answer in answers[before + 1 :]}
            return any(line["event_id"] in fresh for line in lines)

        await eventually(counted, within=PATIENCE_SECONDS, every=0.1)

    async def _play(self, player: Player) -> None:
        while not self._stopping:
            self.answers[player].append(await player.play(GAME))
            await asyncio.sleep(BREATH_SECONDS)

    async def _look_around(self, player: Player) -> None:
        """A task of its own: a page that is away keeps nobody from playing."""
        for path in cycle(PAGES):
            if self._stopping:
                return
            await player.insist("GET", path)
            await asyncio.sleep(BREATH_SECONDS)
