"""Which games there are. Routes, limits, receipts, odds and events of a game follow from its line here.

They are built from the registry when the API's modules are imported, so a game that comes from another package is
registered before that.
"""

from fairground_games.games.dice import Dice
from fairground_games.games.game import Game
from fairground_games.games.lottery import Lottery
from fairground_games.games.roulette import Roulette

GAMES: list[Game] = []


def register(game: Game) -> None:
    """Add a game. Its name and its feature type must be its own."""
    if any(game.name == other.name or game.feature_type == other.feature_type for other in GAMES):
        raise ValueError(f"there is a game {game.name} or of type {game.feature_type} already")
    GAMES.append(game)


def game_of(name: str) -> Game:
    return next(game for game in GAMES if game.name == name)


register(Roulette())
register(Dice())
register(Lottery())
