"""No way around the table: what the odds give no chance is not paid, whatever drew it."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_games.fairness.draws import Draws
from fairground_games.games.outcome import Attempt, Drawn, Undisclosed, Version
from fairground_games.games.roulette import Roulette
from fairground_games.plays.play import Play
from fairground_games.plays.queue import PlayQueue


class Cheat(Roulette):
    """A wheel that stops where it is told."""

    def __init__(self, slot: str) -> None:
        super().__init__()
        self._slot = slot

    def draw(
        self, version: Version, draws: Draws, exhausted: frozenset[str], earlier: tuple[Attempt, ...] = ()
    ) -> Drawn:
        honest = super().draw(version, draws, exhausted, earlier)
        return Drawn(key=self._slot, shown=honest.shown, said=honest.said)


@pytest.mark.parametrize("slot", ["6", "0"], ids=["no such slot", "a slot of weight 0"])
async def test_an_outcome_without_a_chance_is_never_settled(
    queue: PlayQueue,
    store_version: Callable[[str, dict[str, Any]], Awaitable[int]],
    roulette_config: Callable[..., dict[str, Any]],
    owner: asyncpg.Connection,
    slot: str,
) -> None:
    config = roulette_config()
    config["segments"][0]["weight"] = 0
    await store_version("roulette", config)
    with pytest.raises(Undisclosed, match="no chance"):
        await queue.play(Play(1, Cheat(slot)))
    assert await owner.fetchval("SELECT count(*) FROM play") == 0
    honest = await queue.play(Play(1, Roulette()))
    assert honest.play.nonce == 0, "not even a nonce was used"
