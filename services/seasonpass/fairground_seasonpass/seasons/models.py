"""Tables of seasons: what an operator writes while it is a draft, and nobody changes afterwards."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from fairground_seasonpass.schema import metadata

NO_OVERLAP = "ex_season_pass_config_published"

season_pass_config = Table(
    "season_pass_config",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("season_name", Text, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    Column("max_level", Integer, nullable=False),
    Column("base_xp_per_stamp", Integer, nullable=False),
    Column("claim_grace_days", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Column("retired_at", DateTime(timezone=True)),
    CheckConstraint("start_date <= end_date", name="dates_in_order"),
    CheckConstraint("max_level >= 1", name="max_level_from_1"),
    CheckConstraint("base_xp_per_stamp >= 0", name="base_xp_not_negative"),
    CheckConstraint("claim_grace_days >= 0", name="grace_not_negative"),
    CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'RETIRED')", name="state"),
    CheckConstraint("(state = 'RETIRED') = (retired_at IS NOT NULL)", name="retired_at"),
    # Two published seasons never share a day; only drafts and retired ones may lie over others.
    ExcludeConstraint(
        (text("daterange(start_date, end_date, '[]')"), "&&"),
        where=text("state = 'PUBLISHED'"),
        using="gist",
        name=NO_OVERLAP,
    ),
)

season_pass_level = Table(
    "season_pass_level",
    metadata,
    Column("season_id", BigInteger, ForeignKey("season_pass_config.id"), primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("required_xp", BigInteger, nullable=False),
    Column("reward", JSONB, nullable=False),
    Column("auto_claim", Boolean, nullable=False),
    CheckConstraint("level >= 1", name="level_from_1"),
    CheckConstraint("required_xp >= 0", name="required_xp_not_negative"),
    CheckConstraint("reward ->> 'type' <> 'XP'", name="reward_is_not_xp"),
)

season_pass_xp_rule = Table(
    "season_pass_xp_rule",
    metadata,
    Column("season_id", BigInteger, ForeignKey("season_pass_config.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("feature_type", Text, nullable=False),
    Column("outcome", Text),
    Column("xp", Integer, nullable=False),
    CheckConstraint("xp >= 0", name="xp_not_negative"),
)
