"""Tables of XP: the ledger and what it adds up to.

``season_pass_xp_log`` is the inbox and the ledger in one. Its primary key is the event's id, so an event counts once
for ever; its rows are never changed and never removed. A player's progress is the sum of their rows.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from fairground_common.db.schema import APPEND_ONLY
from fairground_seasonpass.schema import metadata

season_pass_xp_log = Table(
    "season_pass_xp_log",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    # No foreign key: it would lock the season's row once per play; progress, written beside it, has one.
    Column("season_id", BigInteger),
    Column("day", Date, nullable=False),
    Column("source", Text, nullable=False),
    Column("xp", BigInteger, nullable=False),
    Column("stamp", Boolean, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("xp >= 0", name="xp_not_negative"),
    CheckConstraint("season_id IS NOT NULL OR (xp = 0 AND NOT stamp)", name="nothing_without_season"),
    CheckConstraint("source IN ('PLAY', 'CHECK_IN', 'LATE_PLAY')", name="source"),
    Index("ix_season_pass_xp_log_user_id_event_id", "user_id", "event_id"),
    Index("ix_season_pass_xp_log_day", "day", postgresql_using="brin", postgresql_with={"autosummarize": True}),
    info=APPEND_ONLY,
)

season_pass_progress = Table(
    "season_pass_progress",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("season_id", BigInteger, ForeignKey("season_pass_config.id"), primary_key=True),
    Column("current_xp", BigInteger, nullable=False),
    Column("current_level", Integer, nullable=False),
    Column("total_stamps", Integer, nullable=False),
    Column("last_stamp_date", Date),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("current_xp >= 0", name="xp_not_negative"),
    CheckConstraint("current_level >= 0", name="level_not_negative"),
    CheckConstraint("total_stamps >= 0", name="stamps_not_negative"),
    # Room on each page for the next version of a row: updates stay off the index.
    postgresql_with={"fillfactor": 80},
)
