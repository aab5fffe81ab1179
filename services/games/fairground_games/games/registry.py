"""Which games there are."""

from fairground_games.games.dice import Dice
from fairground_games.games.game import Game
from fairground_games.games.lottery import Lottery
from fairground_games.games.roulette import Roulette

GAMES: tuple[Game, ...] = (Roulette(), Dice(), Lottery())

_BY_NAME = {game.name: game for game in GAMES}


def game_of(name: str) -> Game:
    return _BY_NAME[name]
