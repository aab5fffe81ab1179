"""All SQL of configurations, but for loading a version to play it (``statements``)."""

import datetime
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, text, tuple_, update

from fairground_common.db import ReadTx, Tx
from fairground_games.configs.models import ACTIVE, DRAFT, RETIRED, game_activation, game_config, game_outcome
from fairground_games.configs.rules import HIGHEST_VERSION, Activation, Config
from fairground_games.games.outcome import Outcome, Version

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('game_config:' || :game, 0))")
"""Not a row lock: plays hold on to version rows by their foreign key and must never wait for an operator."""


class ConfigRepository:
    """Writes of one game's versions."""

    def __init__(self, tx: Tx, game: str) -> None:
        self._tx = tx
        self._game = game

    async def lock(self) -> None:
        """Let one operator at a time change this game's versions."""
        await self._tx.execute(_LOCK, {"game": self._game})

    async def next_number(self) -> int:
        highest = select(func.coalesce(func.max(game_config.c.version), 0)).where(game_config.c.game == self._game)
        return int(await self._tx.scalar(highest)) + 1

    async def add(self, version: Version, *, canonical: str, sha256: str, by: int) -> None:
        """Store a draft with its outcomes."""
        await self._tx.execute(
            insert(game_config).values(
                game=self._game,
                version=version.number,
                name=version.name,
                max_daily=version.max_daily,
                state=DRAFT,
                canonical=canonical,
                sha256=sha256,
                created_by=by,
                created_at=self._tx.now,
            )
        )
        await self._tx.execute(insert(game_outcome), [_outcome_row(version, outcome) for outcome in version.outcomes])

    async def retire_active(self) -> int | None:
        """Take the active version out of force and return its number."""
        retired = (
            update(game_config)
            .where(game_config.c.game == self._game, game_config.c.state == ACTIVE)
            .values(state=RETIRED, retired_at=self._tx.now)
            .returning(game_config.c.version)
        )
        number: int | None = await self._tx.scalar(retired)
        return number

    async def discard(self, number: int) -> None:
        """Retire a draft."""
        await self._tx.execute(
            update(game_config)
            .where(game_config.c.game == self._game, game_config.c.version == number, game_config.c.state == DRAFT)
            .values(state=RETIRED, retired_at=self._tx.now)
        )

    async def activate(self, number: int) -> None:
        """Put a version in force; no other may be."""
        await self._tx.execute(
            update(game_config)
            .where(game_config.c.game == self._game, game_config.c.version == number)
            .values(state=ACTIVE, activated_at=self._tx.now, retired_at=None)
        )
        await self._tx.execute(
            insert(game_activation).values(game=self._game, version=number, activated_at=self._tx.now)
        )


async def find_config(tx: ReadTx, game: str, number: int) -> Config | None:
    if not 1 <= number <= HIGHEST_VERSION:
        return None
    row = await tx.row(select(game_config).where(game_config.c.game == game, game_config.c.version == number))
    return None if row is None else _config(row)


async def find_active(tx: ReadTx, game: str) -> Config | None:
    row = await tx.row(select(game_config).where(game_config.c.game == game, game_config.c.state == ACTIVE))
    return None if row is None else _config(row)


async def list_configs(tx: ReadTx, game: str, *, before: int | None, limit: int) -> list[Config]:
    """Return versions, newest first."""
    found = select(game_config).where(game_config.c.game == game).order_by(game_config.c.version.desc()).limit(limit)
    if before is not None:
        found = found.where(game_config.c.version < before)
    return [_config(row) for row in await tx.rows(found)]


async def list_activations(
    tx: ReadTx, game: str, *, before: tuple[datetime.datetime, int] | None, limit: int
) -> list[Activation]:
    """Return what was in force when, newest first."""
    end = func.lead(game_activation.c.activated_at).over(order_by=game_activation.c.id)
    all_of_game = (
        select(game_activation, game_config.c.sha256, end.label("until"))
        .join_from(game_activation, game_config)
        .where(game_activation.c.game == game)
        .subquery()
    )
    at, number = all_of_game.c.activated_at, all_of_game.c.id
    found = select(all_of_game).order_by(at.desc(), number.desc()).limit(limit)
    if before is not None:
        found = found.where(tuple_(at, number) < before)
    rows = await tx.rows(found)
    return [Activation(row.id, row.version, row.sha256, row.activated_at, row.until) for row in rows]


async def list_published_keys(tx: ReadTx, game: str) -> Sequence[str]:
    """Return the outcomes' keys of all versions that have ever been active."""
    found = (
        select(game_outcome.c.key)
        .distinct()
        .join_from(game_outcome, game_config)
        .where(game_outcome.c.game == game, game_config.c.activated_at.is_not(None))
    )
    return (await tx.execute(found)).scalars().all()


def _config(row: Row[Any]) -> Config:
    return Config(**row._asdict())


def _outcome_row(version: Version, outcome: Outcome) -> dict[str, Any]:
    return {
        "game": version.game,
        "version": version.number,
        "key": outcome.key,
        "position": outcome.position,
        "label": outcome.label,
        "weight": outcome.weight,
        "is_jackpot": outcome.is_jackpot,
        "is_active": outcome.is_active,
        "reward_type": outcome.reward.type,
        "reward_amount": outcome.reward.amount,
        "reward_sku": outcome.reward.sku,
        "reward_label": outcome.reward.label,
    }
