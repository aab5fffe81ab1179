"""Features and the days they are scheduled for."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Table,
    Text,
    UniqueConstraint,
)

from fairground_games.schema import metadata

feature_config = Table(
    "feature_config",
    metadata,
    Column("feature_type", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("page_path", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
"""One row a feature; ``is_enabled = false`` is the kill switch. A new game is a new row, not an enum."""

feature_schedule = Table(
    "feature_schedule",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("date", Date, nullable=False),
    Column("feature_type", Text, ForeignKey("feature_config.feature_type", ondelete="RESTRICT"), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("date"),
)
"""At most one feature a KST day; no row means no feature."""

feature_revision = Table(
    "feature_revision",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
)
"""Counts the statements made about the schedule; listeners keep the highest."""
