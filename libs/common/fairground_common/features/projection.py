"""The schedule as another service knows it: a copy of games' last statement, replaced whole.

Promise: readers see one statement or the next, never a mix (everything a gate needs is read by one query), and an
older statement never replaces a newer one, whatever order they arrive in.
"""

import datetime
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    MetaData,
    SmallInteger,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql

from fairground_common.contracts import FeatureDaysChanged
from fairground_common.db import ReadTx, Tx
from fairground_common.features.errors import FeatureUnknown
from fairground_common.features.gate import Day, require_open

ONLY_ROW = 1
RETRY_SECONDS = 2
"""Games states the schedule whenever its worker starts; a caller asks again about as often."""


@dataclass(frozen=True, slots=True)
class FeatureTables:
    """The tables of one service's projection."""

    statement: Table
    day: Table
    title: Table


def feature_tables(metadata: MetaData) -> FeatureTables:
    """Define ``feature_projection`` (one row: the revision held), ``feature_day`` and ``feature_title``."""
    return FeatureTables(
        statement=Table(
            "feature_projection",
            metadata,
            Column("id", SmallInteger, primary_key=True, autoincrement=False),
            Column("revision", BigInteger, nullable=False),
            Column("received_at", DateTime(timezone=True), nullable=False),
            CheckConstraint(f"id = {ONLY_ROW}", name="only_row"),
        ),
        day=Table(
            "feature_day",
            metadata,
            Column("date", Date, primary_key=True),
            Column("feature_type", Text, nullable=False),
            Column("is_active", Boolean, nullable=False),
        ),
        title=Table(
            "feature_title",
            metadata,
            Column("type", Text, primary_key=True),
            Column("is_enabled", Boolean, nullable=False),
            Column("title", Text, nullable=False),
        ),
    )


async def replace_projection(tx: Tx, tables: FeatureTables, stated: FeatureDaysChanged) -> bool:
    """Take a statement over when its revision is higher than the one held; return whether it was."""
    if not await _advance(tx, tables.statement, stated.revision):
        return False
    await tx.execute(delete(tables.day))
    await tx.execute(delete(tables.title))
    if stated.days:
        await tx.execute(insert(tables.day), [day.model_dump() for day in stated.days])
    if stated.features:
        await tx.execute(insert(tables.title), [feature.model_dump() for feature in stated.features])
    return True


async def find_day(tx: ReadTx, tables: FeatureTables, wanted: str, date: datetime.date) -> Day | None:
    """Return what is known about a feature and a day; None before the first statement."""
    found = await tx.row(
        select(tables.title.c.is_enabled, tables.day.c.feature_type, tables.day.c.is_active)
        .select_from(tables.statement)
        .outerjoin(tables.day, tables.day.c.date == bindparam("date"))
        .outerjoin(tables.title, tables.title.c.type == bindparam("wanted"))
        .where(tables.statement.c.id == ONLY_ROW),
        {"date": date, "wanted": wanted},
    )
    if found is None:
        return None
    return Day(is_enabled=bool(found.is_enabled), scheduled=found.feature_type, is_active=bool(found.is_active))


async def require_feature(tx: ReadTx, tables: FeatureTables, wanted: str, *, test_mode: bool) -> None:
    """Raise FeatureUnknown before the first statement, NoFeatureToday when the feature is closed on ``tx.today``."""
    day = await find_day(tx, tables, wanted, tx.today)
    if day is None:
        raise FeatureUnknown(retry_after=RETRY_SECONDS)
    require_open(wanted, day, test_mode=test_mode)


async def _advance(tx: Tx, statement: Table, revision: int) -> bool:
    # The upsert locks the only row: of two statements at once the later committer sees the other's revision.
    new = postgresql.insert(statement).values(id=ONLY_ROW, revision=revision, received_at=tx.now)
    taken = await tx.scalar(
        new.on_conflict_do_update(
            index_elements=[statement.c.id],
            set_={"revision": new.excluded.revision, "received_at": new.excluded.received_at},
            where=statement.c.revision < new.excluded.revision,
        ).returning(statement.c.revision)
    )
    return taken is not None
