"""What is needed to simulate a version: the version as it is stored, and the stock of this moment."""

import time

from fairground_common.db import ReadTx
from fairground_games.configs import usecases as configs
from fairground_games.configs.versions import load
from fairground_games.games.game import Game
from fairground_games.simulation.run import Job
from fairground_games.simulation.simulator import DRAWING_SECONDS
from fairground_games.stock import usecases as stock


async def prepare(tx: ReadTx, game: Game, number: int, *, plays: int) -> Job:
    """Return a simulation of a version in whatever state. Raises ConfigNotFound, and the game's INVALID_… error."""
    await configs.get_config(tx, game, number)
    version = (await load(tx, game.name, number)).version
    left = await stock.read_left(tx, [each.key for each in version.outcomes]) if game.has_stock else {}
    return Job(game, version, left, plays, deadline=time.monotonic() + DRAWING_SECONDS)
