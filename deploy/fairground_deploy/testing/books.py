"""What the product says about a player, all of it read from the public API."""

from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

from fairground_deploy.testing.player import Player

GAMES = ("roulette", "dice", "lottery")


@dataclass(frozen=True, slots=True)
class Books:
    """A player's history, XP ledger, season pass, holdings and point ledger; lists are newest first."""

    history: list[Any]
    xp_lines: list[Any]
    season_pass: Any
    rewards: Any
    ledger: list[Any]

    @classmethod
    async def of(cls, player: Player) -> Self:
        """Read them one after the other: they agree once the player has stopped and all events have arrived."""
        played = [await player.all_of(f"/api/{game}/history") for game in GAMES]
        return cls(
            history=list(chain.from_iterable(played)),
            xp_lines=await player.all_of("/api/season-pass/xp-history"),
            season_pass=await player.get("/api/season-pass/status"),
            rewards=await player.get("/api/rewards"),
            ledger=await player.all_of("/api/rewards/ledger"),
        )
