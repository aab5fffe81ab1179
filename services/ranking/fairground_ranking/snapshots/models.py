"""Tables of the ranking.

A version is never changed: an upload adds a snapshot and its entries, then one pointer per day moves to it in the
same transaction. Readers follow the pointer, so they see the old ranking or the new one and never a mix.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fairground_common.db.schema import APPEND_ONLY
from fairground_ranking.schema import metadata

ranking_snapshot = Table(
    "ranking_snapshot",
    metadata,
    Column("date", Date, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("uploaded_by", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("date", "content_hash"),
    CheckConstraint("version >= 1", name="version_from_1"),
    CheckConstraint("entries >= 0", name="entries_not_negative"),
    info=APPEND_ONLY,
)

ranking_daily = Table(
    "ranking_daily",
    metadata,
    Column("date", Date, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger),
    Column("display_name", Text, nullable=False),
    Column("score", BigInteger, nullable=False),
    ForeignKeyConstraint(["date", "version"], ["ranking_snapshot.date", "ranking_snapshot.version"]),
    UniqueConstraint("date", "version", "user_id"),
    Index("ix_ranking_daily_user_id_date", "user_id", "date", postgresql_where=text("user_id IS NOT NULL")),
    CheckConstraint("rank >= 1", name="rank_from_1"),
    CheckConstraint("char_length(display_name) BETWEEN 1 AND 64", name="display_name_length"),
    info=APPEND_ONLY,
)

ranking_day = Table(
    "ranking_day",
    metadata,
    Column("date", Date, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("published_by", BigInteger, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["date", "version"], ["ranking_snapshot.date", "ranking_snapshot.version"]),
)
