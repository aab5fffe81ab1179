"""Versions of a game's configuration and the outcomes each may have.

One typed row per possible outcome serves every game: a roulette segment, a dice result, a lottery prize. Versions
are immutable but for their state; nothing cascades, plays hold on to their version (RESTRICT). Which version was
active when is a record of its own that nobody can change: it is public.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from fairground_common.db.schema import APPEND_ONLY
from fairground_games.schema import metadata

DRAFT, ACTIVE, RETIRED = "DRAFT", "ACTIVE", "RETIRED"
"""RETIRED without ``activated_at`` is a draft that was discarded: it was never in force and never will be."""

game_config = Table(
    "game_config",
    metadata,
    Column("game", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("max_daily", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_by", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("activated_at", DateTime(timezone=True)),
    Column("retired_at", DateTime(timezone=True)),
    CheckConstraint("max_daily BETWEEN 0 AND 100000", name="max_daily"),
    CheckConstraint("state IN ('DRAFT', 'ACTIVE', 'RETIRED')", name="state"),
    Index("uq_game_config_active", "game", unique=True, postgresql_where=text("state = 'ACTIVE'")),
)

game_outcome = Table(
    "game_outcome",
    metadata,
    Column("game", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("weight", BigInteger),
    Column("is_jackpot", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("reward_type", Text, nullable=False),
    Column("reward_amount", Integer, nullable=False),
    Column("reward_sku", Text),
    Column("reward_label", Text),
    ForeignKeyConstraint(["game", "version"], ["game_config.game", "game_config.version"], ondelete="RESTRICT"),
    CheckConstraint("weight BETWEEN 0 AND 1000000000", name="weight"),
    CheckConstraint("reward_amount >= 0", name="reward_amount"),
    CheckConstraint("reward_type IN ('POINT', 'COUPON', 'ITEM', 'XP', 'NONE')", name="reward_type"),
    CheckConstraint("game <> 'roulette' OR key IN ('0', '1', '2', '3', '4', '5')", name="roulette_slot"),
    CheckConstraint("game <> 'dice' OR key IN ('WIN', 'DRAW', 'LOSE')", name="dice_result"),
    info=APPEND_ONLY,
)

game_activation = Table(
    "game_activation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("game", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("activated_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["game", "version"], ["game_config.game", "game_config.version"], ondelete="RESTRICT"),
    Index("ix_game_activation_game_id", "game", "id"),
    info=APPEND_ONLY,
)
"""A version is in force from its activation to the game's next one."""
