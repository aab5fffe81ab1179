"""The games: what each contributes to the one pipeline they share."""

from fairground_games.games.registry import GAMES, game_of, register

__all__ = ["GAMES", "game_of", "register"]
