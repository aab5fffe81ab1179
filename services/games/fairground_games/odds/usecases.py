"""Chances as they are, and as they were."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from fairground_common.db import ReadTx
from fairground_common.errors import Conflict
from fairground_games.configs import usecases as configs
from fairground_games.configs.rules import Activation
from fairground_games.configs.versions import Versions
from fairground_games.games.game import Game
from fairground_games.odds import rules
from fairground_games.odds.rules import STOCK_RANK, VERSION_RANK, Chance, Force, HistoryItem, Position
from fairground_games.stock import usecases as stock
from fairground_games.stock.rules import StockEvent


@dataclass(frozen=True, slots=True)
class Odds:
    """What a game gives now."""

    config_version: int
    effective_from: datetime
    chances: list[Chance]


async def read_odds(tx: ReadTx, versions: Versions, game: Game) -> Odds:
    """Return the chances of the next play. Raises ConfigNotFound, and the game's INVALID_… error."""
    active = await configs.get_active_config(tx, game)
    stored = await versions.get_in(tx, game.name, active.version)
    exhausted = await stock.list_exhausted(tx) if game.has_stock else frozenset()
    assert active.activated_at is not None, "an active version has been activated"
    return Odds(active.version, active.activated_at, rules.chances_of(game, stored.version, exhausted))


async def list_history(
    tx: ReadTx, versions: Versions, game: Game, *, before: Position | None, limit: int
) -> list[HistoryItem]:
    """Return versions that were in force and changes of stock, newest first, older than a position."""
    activations = await configs.list_activations(tx, game, before=rules.below(before, VERSION_RANK), limit=limit)
    events = await _stock_events(tx, game, before, limit) if game.has_stock else []
    forces = [await _force(tx, versions, game, activation) for activation in activations]
    return list(islice(rules.newest_first(forces, events), limit))


async def _stock_events(tx: ReadTx, game: Game, before: Position | None, limit: int) -> list[StockEvent]:
    keys = await configs.list_published_keys(tx, game)
    return await stock.list_events(tx, keys=keys, before=rules.below(before, STOCK_RANK), limit=limit)


async def _force(tx: ReadTx, versions: Versions, game: Game, activation: Activation) -> Force:
    """A version broken by hand must not hide the others' history."""
    try:
        stored = await versions.get_in(tx, game.name, activation.version)
    except Conflict:
        return Force(activation, None)
    return Force(activation, rules.chances_of(game, stored.version, frozenset()))
