"""What happens to configurations: posted, activated, looked at."""

import datetime
from collections.abc import Sequence
from fractions import Fraction

from fairground_common.db import ReadTx, Tx
from fairground_common.db.audit import audit
from fairground_common.errors import FieldError, ValidationFailed
from fairground_games.configs import repository, rules
from fairground_games.configs.canonical import canonical_of, sha256_of
from fairground_games.configs.comparison import Comparison, compare
from fairground_games.configs.errors import ConfigNotFound, StockExists
from fairground_games.configs.models import ACTIVE, RETIRED
from fairground_games.configs.repository import ConfigRepository
from fairground_games.configs.rules import Activation, Config
from fairground_games.configs.versions import load
from fairground_games.games.game import Game, GameConfigIn
from fairground_games.games.outcome import OpeningStock, Outcome, Version
from fairground_games.games.payouts import payout_of
from fairground_games.schema import audit_log
from fairground_games.stock.usecases import open_stocks


async def create_config(tx: Tx, game: Game, config: GameConfigIn, *, by: int) -> Config:
    """Store a posted configuration as a draft, as it is or not at all. Raises ValidationFailed, StockExists."""
    outcomes = game.outcomes(config)
    faults = game.faults(outcomes)
    if faults:
        raise ValidationFailed(errors=faults)
    configs = ConfigRepository(tx, game.name)
    await configs.lock()
    version = Version(game.name, await configs.next_number(), config.name, config.max_daily, _in_order(outcomes))
    canonical = canonical_of(game, version)
    await configs.add(version, canonical=canonical, sha256=sha256_of(canonical), by=by)
    await _open_stocks(tx, game.opening_stocks(config))
    created = await get_config(tx, game, version.number)
    await _audit(tx, "CONFIG_CREATED", created, by=by)
    return created


async def activate_config(tx: Tx, game: Game, number: int, *, by: int, point_budget: Fraction | None) -> Config:
    """Put a version in force; the former one retires. Activating the one in force changes nothing.

    A retired version may come back. ``point_budget`` bounds the points a play pays in the mean (None: no bound).
    Raises ConfigNotFound, ConfigDiscarded, BudgetExceeded, and the game's INVALID_… error for a version whose rows
    have been changed since it was stored.
    """
    configs = ConfigRepository(tx, game.name)
    await configs.lock()
    before = await get_config(tx, game, number)
    rules.require_activatable(before)
    stored = await load(tx, game.name, number)
    if before.state == ACTIVE:
        return before
    rules.require_within_budget(payout_of(game, stored.version, "POINT").mean, point_budget)
    retired = await configs.retire_active()
    await configs.activate(number)
    activated = await get_config(tx, game, number)
    await _audit(tx, "CONFIG_ACTIVATED", activated, by=by, before={"active_version": retired})
    return activated


async def retire_config(tx: Tx, game: Game, number: int, *, by: int) -> Config:
    """Discard a draft for good. A version that is retired already stays as it is.

    The stock that its new prize keys were opened with stays too: stock is no part of a version. Raises
    ConfigNotFound, ConfigInForce.
    """
    configs = ConfigRepository(tx, game.name)
    await configs.lock()
    before = await get_config(tx, game, number)
    rules.require_retirable(before)
    if before.state == RETIRED:
        return before
    await configs.discard(number)
    discarded = await get_config(tx, game, number)
    await _audit(tx, "CONFIG_DISCARDED", discarded, by=by, before={"state": before.state})
    return discarded


async def compare_configs(tx: ReadTx, game: Game, number: int, *, against: int | None) -> Comparison:
    """Return what a version changes about another one, by default the active one.

    Raises ConfigNotFound, and the game's INVALID_… error when one of them is no longer what was stored.
    """
    after = await get_config(tx, game, number)
    before = await (get_active_config(tx, game) if against is None else get_config(tx, game, against))
    stored = [(await load(tx, game.name, each.version)).version for each in (before, after)]
    return compare(game, before=stored[0], after=stored[1])


async def get_config(tx: ReadTx, game: Game, number: int) -> Config:
    """Return a version in whatever state. Raises ConfigNotFound."""
    found = await repository.find_config(tx, game.name, number)
    if found is None:
        raise ConfigNotFound
    return found


async def get_public_config(tx: ReadTx, game: Game, number: int) -> Config:
    """Return a version that is or was in force. Raises ConfigNotFound."""
    found = await get_config(tx, game, number)
    if not found.is_public:
        raise ConfigNotFound
    return found


async def get_active_config(tx: ReadTx, game: Game) -> Config:
    """Return the version in force. Raises ConfigNotFound."""
    found = await repository.find_active(tx, game.name)
    if found is None:
        raise ConfigNotFound("No version is active.")
    return found


async def list_configs(tx: ReadTx, game: Game, *, before: int | None, limit: int) -> list[Config]:
    """Return versions, newest first, below a number."""
    return await repository.list_configs(tx, game.name, before=before, limit=limit)


async def list_activations(
    tx: ReadTx, game: Game, *, before: tuple[datetime.datetime, int] | None, limit: int
) -> list[Activation]:
    """Return what was in force when, newest first, older than a position (moment, id)."""
    return await repository.list_activations(tx, game.name, before=before, limit=limit)


async def list_published_keys(tx: ReadTx, game: Game) -> Sequence[str]:
    """Return the keys of all outcomes the public may know: those that only drafts name are missing."""
    return await repository.list_published_keys(tx, game.name)


async def _open_stocks(tx: Tx, stocks: Sequence[OpeningStock]) -> None:
    """Open the keys nobody has named before; an opening stock for any other is refused."""
    if not stocks:
        return
    opened = await open_stocks(tx, {stock.key: stock.left for stock in stocks})
    known = [stock for stock in stocks if stock.left is not None and stock.key not in opened]
    if known:
        raise StockExists(errors=[FieldError(stock.loc, "this key has a stock already") for stock in known])


def _in_order(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Return outcomes in the order in which weights are walked."""
    return tuple(sorted(outcomes, key=lambda outcome: outcome.position))


async def _audit(tx: Tx, action: str, config: Config, *, by: int, before: object = None) -> None:
    after = {"state": config.state, "name": config.name, "max_daily": config.max_daily, "sha256": config.sha256}
    subject = f"config:{config.game}:{config.version}"
    await audit(tx, audit_log, by=by, action=action, subject=subject, before=before, after=after)
