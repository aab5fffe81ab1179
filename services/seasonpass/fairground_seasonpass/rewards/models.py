"""Tables of level rewards: that a reward was given (never changed), and how far its delivery is."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from fairground_common.db.schema import APPEND_ONLY
from fairground_seasonpass.schema import metadata

season_pass_reward_log = Table(
    "season_pass_reward_log",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("season_id", BigInteger, primary_key=True, autoincrement=False),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("grant_id", Uuid, nullable=False),
    Column("reward", JSONB, nullable=False),
    Column("auto_claim", Boolean, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("grant_id"),
    CheckConstraint("level >= 1", name="level_from_1"),
    info=APPEND_ONLY,
)

season_pass_delivery = Table(
    "season_pass_delivery",
    metadata,
    # No foreign key: one statement writes both rows, and neither is ever removed. A connection plans the check once;
    # one that begins while the log is almost empty would read the whole log for each new row, however long it grows.
    Column("grant_id", Uuid, primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("delivered_at", DateTime(timezone=True)),
    CheckConstraint("attempts >= 0", name="attempts_not_negative"),
    Index("ix_season_pass_delivery_pending", "due_at", postgresql_where=text("delivered_at IS NULL")),
    Index(
        "ix_season_pass_delivery_delivered_at",
        "delivered_at",
        postgresql_using="brin",
        postgresql_with={"autosummarize": True},
    ),
)
