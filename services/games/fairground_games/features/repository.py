"""All SQL of the features and their schedule."""

import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from fairground_common.db import ReadTx, Tx
from fairground_games.configs.models import ACTIVE, game_config
from fairground_games.features.models import feature_config, feature_revision, feature_schedule
from fairground_games.features.rules import Candidate, Feature, ScheduledDay
from fairground_games.games import GAMES

_FEATURE = (
    feature_config.c.feature_type,
    feature_config.c.title,
    feature_config.c.page_path,
    feature_config.c.is_enabled,
)
_DAY = (feature_schedule.c.date, feature_schedule.c.feature_type, feature_schedule.c.is_active)

_GAME_OF_FEATURE = {game.feature_type: game.name for game in GAMES}

# One statement, so that day, kill switch and active versions are of the same moment.
_CANDIDATES = (
    select(
        *_FEATURE,
        feature_schedule.c.is_active,
        select(func.array_agg(game_config.c.game))
        .where(game_config.c.state == ACTIVE)
        .scalar_subquery()
        .label("games_set_up"),
    )
    .join(feature_schedule, feature_schedule.c.feature_type == feature_config.c.feature_type)
    .where(feature_schedule.c.date == bindparam("day"))
)


class FeatureRepository:
    """Writes of the schedule and of features: one operator at a time."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def lock(self) -> None:
        """Let one change or statement be made at a time: what is read afterwards is what listeners will be told."""
        await self._tx.execute(select(feature_revision.c.id).with_for_update())

    async def next_revision(self) -> int:
        """Count one more statement.

        A database restored from a backup would count again from its past, and listeners would not believe it; so a
        revision is never below the milliseconds since 1970.
        """
        milliseconds = int(self._tx.now.timestamp() * 1000)
        revision = await self._tx.scalar(
            update(feature_revision)
            .values(revision=func.greatest(feature_revision.c.revision + 1, milliseconds))
            .returning(feature_revision.c.revision)
        )
        return int(revision)

    async def put_day(self, day: ScheduledDay) -> None:
        row = {"feature_type": day.feature_type, "is_active": day.is_active, "updated_at": self._tx.now}
        await self._tx.execute(
            insert(feature_schedule)
            .values(date=day.date, **row)
            .on_conflict_do_update(index_elements=[feature_schedule.c.date], set_=row)
        )

    async def remove_day(self, date: datetime.date) -> None:
        await self._tx.execute(delete(feature_schedule).where(feature_schedule.c.date == date))

    async def put_feature(self, feature: Feature) -> None:
        await self._tx.execute(
            update(feature_config)
            .where(feature_config.c.feature_type == feature.type)
            .values(
                title=feature.title,
                page_path=feature.page_path,
                is_enabled=feature.is_enabled,
                updated_at=self._tx.now,
            )
        )


async def list_candidates(tx: ReadTx, date: datetime.date) -> list[Candidate]:
    """Return what a day's rows name; a sound schedule has at most one."""
    return [_candidate(row) for row in await tx.rows(_CANDIDATES, {"day": date})]


async def find_feature(tx: ReadTx, feature_type: str) -> Feature | None:
    row = await tx.row(select(*_FEATURE).where(feature_config.c.feature_type == feature_type))
    return None if row is None else _feature(row)


async def list_features(tx: ReadTx) -> list[Feature]:
    return [_feature(row) for row in await tx.rows(select(*_FEATURE).order_by(feature_config.c.feature_type))]


async def find_day(tx: ReadTx, date: datetime.date) -> ScheduledDay | None:
    row = await tx.row(select(*_DAY).where(feature_schedule.c.date == date))
    return None if row is None else _day(row)


async def list_days(tx: ReadTx, first: datetime.date, last: datetime.date) -> list[ScheduledDay]:
    """Return the days scheduled from ``first`` to ``last``, both inclusive; each once, whatever the table holds."""
    rows = await tx.rows(
        select(*_DAY)
        .ext(distinct_on(feature_schedule.c.date))
        .where(feature_schedule.c.date.between(first, last))
        .order_by(feature_schedule.c.date, feature_schedule.c.id)
    )
    return [_day(row) for row in rows]


def _candidate(row: Row[Any]) -> Candidate:
    game = _GAME_OF_FEATURE.get(row.feature_type)
    return Candidate(_feature(row), row.is_active, game is None or game in (row.games_set_up or ()))


def _feature(row: Row[Any]) -> Feature:
    return Feature(row.feature_type, row.title, row.page_path, row.is_enabled)


def _day(row: Row[Any]) -> ScheduledDay:
    return ScheduledDay(row.date, row.feature_type, row.is_active)
