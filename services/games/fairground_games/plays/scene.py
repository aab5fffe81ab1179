"""What a batch of plays meets: the day, the gate, the active versions, the players' rows."""

import datetime
from dataclasses import dataclass, field

from fairground_common.features import Day, closed_because, require_open
from fairground_games.features.errors import InvalidFeatureSchedule
from fairground_games.games.game import Game
from fairground_games.plays.play import SettledPlay


@dataclass(frozen=True, slots=True)
class World:
    """Everything beside the player that decides a play, read in the play's own transaction."""

    now: datetime.datetime
    today: datetime.date
    schedule: tuple[tuple[str, bool], ...]
    """Today's rows: (feature type, is_active)."""
    enabled: frozenset[str]
    active: dict[str, int]
    """Active version by game."""
    exhausted: frozenset[str]
    """Prize keys with nothing left."""
    limited: frozenset[str]
    """Prize keys that have a stock at all."""

    def require_open(self, game: Game, *, test_mode: bool) -> None:
        """Raise NoFeatureToday, InvalidFeatureSchedule or the game's own error unless it can be played now."""
        require_open(game.feature_type, self._day(game), test_mode=test_mode)
        if len(self.schedule) > 1 and not test_mode:
            raise InvalidFeatureSchedule("Today has more than one feature.")
        if game.name not in self.active:
            scheduled = {feature for feature, _ in self.schedule}
            raise InvalidFeatureSchedule if game.feature_type in scheduled else game.broken("No version is active.")

    def closed_because(self, game: Game, *, test_mode: bool) -> str | None:
        """Return why a game cannot be played now, as its status tells it."""
        reason = closed_because(game.feature_type, self._day(game), test_mode=test_mode)
        return reason or (None if game.name in self.active else "not_configured")

    def _day(self, game: Game) -> Day:
        scheduled, is_active = self.schedule[0] if self.schedule else (None, False)
        return Day(game.feature_type in self.enabled, scheduled, is_active)


@dataclass(frozen=True, slots=True)
class PlayerRow:
    """A locked player."""

    user_id: int
    day: datetime.date
    used: dict[str, int]
    balance: int
    pair: int
    key_id: str
    client_seed: str
    client_seed_source: str
    nonce: int


@dataclass(frozen=True, slots=True)
class Scene:
    """A world and the rows of a batch, as the locking statement found them."""

    world: World
    players: dict[int, PlayerRow]
    """Locked rows; a player missing here is held by another transaction."""
    newcomers: frozenset[int] = frozenset()
    """Players without a row yet."""
    replays: dict[int, SettledPlay] = field(default_factory=dict)
    """By position in the batch: the play that was settled under the same key before."""
