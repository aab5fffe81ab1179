"""The play: what was drawn, why, and what it paid. The row is the receipt and the idempotency record at once.

Partitioned by game, so that history, receipts and a new game are one statement. A unique key of a partitioned table
must contain the partition column; ``play_id`` is a UUIDv7 and unique over games by construction.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from fairground_common.db.schema import APPEND_ONLY
from fairground_games.schema import metadata

play = Table(
    "play",
    metadata,
    Column("play_id", Uuid, primary_key=True),
    Column("game", Text, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("config_version", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("pair", Integer, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("outcome_key", Text, nullable=False),
    Column("outcome", JSONB, nullable=False),
    Column("reward", JSONB, nullable=False),
    Column("unit", BigInteger),
    Column("receipt", JSONB, nullable=False),
    Column("used_today", Integer, nullable=False),
    Column("max_daily", Integer, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("idempotency_key", Text),
    ForeignKeyConstraint(["game", "config_version"], ["game_config.game", "game_config.version"], ondelete="RESTRICT"),
    Index("ix_play_user_id_created_at", "user_id", "created_at"),
    Index("ix_play_day", "day", postgresql_using="brin", postgresql_with={"autosummarize": True}),
    Index(
        "uq_play_idempotency_key",
        "game",
        "user_id",
        "idempotency_key",
        unique=True,
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
    info=APPEND_ONLY,
    postgresql_partition_by="LIST (game)",
)
"""Partitions: roulette_log, dice_log (which also checks that every face is 1..6), lottery_log, and a default one."""
