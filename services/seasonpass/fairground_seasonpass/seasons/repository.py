"""All SQL of seasons. A season is always read whole, levels and rules included, by one statement."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Table,
    any_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from fairground_common.db import ReadTx, Tx, sqlstate_of
from fairground_common.errors import FieldError
from fairground_seasonpass.seasons.errors import NoActiveSeasonConflict
from fairground_seasonpass.seasons.models import season_pass_config as config
from fairground_seasonpass.seasons.models import season_pass_level as level
from fairground_seasonpass.seasons.models import season_pass_xp_rule as rule
from fairground_seasonpass.seasons.season import Level, Season, State, XpRule

EXCLUSION_VIOLATION = "23P01"


class SeasonRepository:
    """Reads; a writing transaction may use them too."""

    def __init__(self, tx: ReadTx) -> None:
        self._tx = tx

    async def find(self, season_id: int) -> Season | None:
        row = await self._tx.row(_WHOLE.where(config.c.id == bindparam("id")), {"id": season_id})
        return None if row is None else _season(row)

    async def list_by_id(self, season_ids: Collection[int]) -> list[Season]:
        """Return those of the seasons that exist, newest first."""
        wanted = _WHOLE.where(config.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger())))).order_by(
            config.c.id.desc()
        )
        return [_season(row) for row in await self._tx.rows(wanted, {"ids": list(season_ids)})]

    async def list_public(self, first: datetime.date, last: datetime.date) -> list[Season]:
        """Return the seasons players have seen that share a day with ``first``..``last``."""
        return [_season(row) for row in await self._tx.rows(_PUBLIC, {"first": first, "last": last})]

    async def list_open(self, today: datetime.date) -> list[Season]:
        """Return the seasons players have seen whose claim window is not over."""
        return [_season(row) for row in await self._tx.rows(_OPEN, {"today": today})]

    async def list_published(self) -> list[Season]:
        return [_season(row) for row in await self._tx.rows(_WHOLE.where(config.c.state == "PUBLISHED"))]

    async def list_page(self, *, state: State | None, before: int | None, limit: int) -> list[Season]:
        """Return seasons of one state, or of any, newest first."""
        page = _WHOLE.order_by(config.c.id.desc()).limit(limit)
        if state is not None:
            page = page.where(config.c.state == state)
        if before is not None:
            page = page.where(config.c.id < before)
        return [_season(row) for row in await self._tx.rows(page)]


class SeasonWriter:
    """Writes, and the lock that comes before them."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def lock(self, season_id: int) -> Season | None:
        """Lock a season and read it afterwards: the locking statement would see it as it was before the wait."""
        locked = select(config.c.id).where(config.c.id == bindparam("id")).with_for_update(key_share=True)
        if await self._tx.scalar(locked, {"id": season_id}) is None:
            return None
        return await SeasonRepository(self._tx).find(season_id)

    async def add(self, season: Season) -> int:
        """Store a draft and return its id; the id it carries does not count."""
        values = _values(season) | {"state": "DRAFT", "created_at": self._tx.now}
        season_id: int = await self._tx.scalar(insert(config).values(values).returning(config.c.id))
        await self._add_parts(season_id, season)
        return season_id

    async def replace(self, season: Season) -> None:
        """Store a draft's new content under its id."""
        await self._tx.execute(update(config).where(config.c.id == season.id).values(_values(season)))
        for part in (level, rule):
            await self._tx.execute(delete(part).where(part.c.season_id == season.id))
        await self._add_parts(season.id, season)

    async def publish(self, season_id: int) -> None:
        """Raises NoActiveSeasonConflict when a published season shares a day with it."""
        try:
            await self._move(season_id, "PUBLISHED", published_at=self._tx.now)
        except Exception as error:
            if sqlstate_of(error) == EXCLUSION_VIOLATION:
                overlap = FieldError(("start_date",), "shares days with a season published at this very moment")
                raise NoActiveSeasonConflict(errors=[overlap]) from error
            raise

    async def retire(self, season_id: int) -> None:
        await self._move(season_id, "RETIRED", retired_at=self._tx.now)

    async def _move(self, season_id: int, state: State, **moment: datetime.datetime) -> None:
        await self._tx.execute(update(config).where(config.c.id == season_id).values(state=state, **moment))

    async def _add_parts(self, season_id: int, season: Season) -> None:
        await self._add_rows(level, [{"season_id": season_id} | _of_level(each) for each in season.levels])
        rules = [{"season_id": season_id, "position": n} | _of_rule(each) for n, each in enumerate(season.xp_rules)]
        await self._add_rows(rule, rules)

    async def _add_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            await self._tx.execute(insert(table), rows)


def _values(season: Season) -> dict[str, Any]:
    return {
        "season_name": season.season_name,
        "start_date": season.start_date,
        "end_date": season.end_date,
        "max_level": season.max_level,
        "base_xp_per_stamp": season.base_xp_per_stamp,
        "claim_grace_days": season.claim_grace_days,
    }


def _of_level(each: Level) -> dict[str, Any]:
    return {
        "level": each.level,
        "required_xp": each.required_xp,
        "reward": dict(each.reward),
        "auto_claim": each.auto_claim,
    }


def _of_rule(each: XpRule) -> dict[str, Any]:
    return {"feature_type": each.feature_type, "outcome": each.outcome, "xp": each.xp}


def _season(row: Row[Any]) -> Season:
    return Season(
        id=row.id,
        **{name: getattr(row, name) for name in _PLAIN},
        levels=tuple(Level(*each) for each in row.levels),
        xp_rules=tuple(XpRule(*each) for each in row.xp_rules),
    )


def _parts(table: Table, order: ColumnElement[Any], *columns: str) -> ColumnElement[Any]:
    """All rows of a part of the season, each as a JSON array of the columns."""
    row = func.jsonb_build_array(*(table.c[name] for name in columns))
    rows = func.coalesce(func.jsonb_agg(aggregate_order_by(row, order)), func.jsonb_build_array())
    return select(rows).where(table.c.season_id == config.c.id).scalar_subquery()


_PLAIN = (
    "season_name",
    "start_date",
    "end_date",
    "max_level",
    "base_xp_per_stamp",
    "claim_grace_days",
    "state",
    "published_at",
    "retired_at",
)

_WHOLE: Select[Any] = select(
    config.c.id,
    *(config.c[name] for name in _PLAIN),
    _parts(level, level.c.level, "level", "required_xp", "reward", "auto_claim").label("levels"),
    _parts(rule, rule.c.position, "feature_type", "outcome", "xp").label("xp_rules"),
)

_SEEN = or_(config.c.state == "PUBLISHED", config.c.state == "RETIRED")

_PUBLIC = _WHOLE.where(
    _SEEN, config.c.start_date <= bindparam("last"), config.c.end_date >= bindparam("first")
).order_by(config.c.id)

_OPEN = _WHOLE.where(_SEEN, config.c.end_date + config.c.claim_grace_days >= bindparam("today")).order_by(config.c.id)
