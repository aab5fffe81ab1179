"""The season pass's first schema: seasons, the XP ledger and what follows from it, rewards, the logs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20241206_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject", "id"], unique=False)
    op.create_table(
        "feature_day",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("feature_type", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("date", name=op.f("pk_feature_day")),
    )
    op.create_table(
        "feature_projection",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_feature_projection_only_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_projection")),
    )
    op.create_table(
        "feature_title",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_feature_title")),
    )
    op.create_table(
        "idempotency",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "route", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        postgresql_with={
            "autovacuum_vacuum_scale_factor": 0,
            "autovacuum_vacuum_threshold": 1000,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_table(
        "season_pass_config",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("season_name", sa.Text(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("max_level", sa.Integer(), nullable=False),
        sa.Column("base_xp_per_stamp", sa.Integer(), nullable=False),
        sa.Column("claim_grace_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("daterange(start_date, end_date, '[]')"), "&&"),
            where=sa.text("state = 'PUBLISHED'"),
            using="gist",
            name="ex_season_pass_config_published",
        ),
        sa.CheckConstraint(
            "(state = 'RETIRED') = (retired_at IS NOT NULL)", name=op.f("ck_season_pass_config_retired_at")
        ),
        sa.CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'RETIRED')", name=op.f("ck_season_pass_config_state")),
        sa.CheckConstraint("base_xp_per_stamp >= 0", name=op.f("ck_season_pass_config_base_xp_not_negative")),
        sa.CheckConstraint("claim_grace_days >= 0", name=op.f("ck_season_pass_config_grace_not_negative")),
        sa.CheckConstraint("max_level >= 1", name=op.f("ck_season_pass_config_max_level_from_1")),
        sa.CheckConstraint("start_date <= end_date", name=op.f("ck_season_pass_config_dates_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_season_pass_config")),
    )
    op.create_table(
        "season_pass_reward_log",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("season_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("reward", postgresql.JSONB(), nullable=False),
        sa.Column("auto_claim", sa.Boolean(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level >= 1", name=op.f("ck_season_pass_reward_log_level_from_1")),
        sa.PrimaryKeyConstraint("user_id", "season_id", "level", name=op.f("pk_season_pass_reward_log")),
        sa.UniqueConstraint("grant_id", name=op.f("uq_season_pass_reward_log_grant_id")),
    )
    op.create_table(
        "season_pass_stamp_log",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("season_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("xp", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("xp >= 0", name=op.f("ck_season_pass_stamp_log_xp_not_negative")),
        sa.PrimaryKeyConstraint("user_id", "season_id", "date", name=op.f("pk_season_pass_stamp_log")),
    )
    op.create_table(
        "season_pass_waiting_play",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_season_pass_waiting_play")),
    )
    op.create_index(
        "ix_season_pass_waiting_play_day_user_id", "season_pass_waiting_play", ["day", "user_id"], unique=False
    )
    op.create_table(
        "season_pass_xp_log",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("season_id", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("xp", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.Boolean(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('PLAY', 'CHECK_IN', 'LATE_PLAY')", name=op.f("ck_season_pass_xp_log_source")),
        sa.CheckConstraint(
            "season_id IS NOT NULL OR (xp = 0 AND NOT stamp)", name=op.f("ck_season_pass_xp_log_nothing_without_season")
        ),
        sa.CheckConstraint("xp >= 0", name=op.f("ck_season_pass_xp_log_xp_not_negative")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_season_pass_xp_log")),
    )
    op.create_index(
        "ix_season_pass_xp_log_user_id_event_id", "season_pass_xp_log", ["user_id", "event_id"], unique=False
    )
    op.create_index(
        "ix_season_pass_xp_log_day",
        "season_pass_xp_log",
        ["day"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"autosummarize": True},
    )
    op.create_table(
        "user_event_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("feature_type", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "created_at", name=op.f("pk_user_event_log")),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index("ix_user_event_log_user_id_created_at", "user_event_log", ["user_id", "created_at"], unique=False)
    # Months come from `upgrade`; what none of them covers still has a place.
    op.execute("CREATE TABLE user_event_log_default PARTITION OF user_event_log DEFAULT")
    op.create_table(
        "season_pass_delivery",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_season_pass_delivery_attempts_not_negative")),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_season_pass_delivery")),
    )
    op.create_index(
        "ix_season_pass_delivery_pending",
        "season_pass_delivery",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "season_pass_level",
        sa.Column("season_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("required_xp", sa.BigInteger(), nullable=False),
        sa.Column("reward", postgresql.JSONB(), nullable=False),
        sa.Column("auto_claim", sa.Boolean(), nullable=False),
        sa.CheckConstraint("reward ->> 'type' <> 'XP'", name=op.f("ck_season_pass_level_reward_is_not_xp")),
        sa.CheckConstraint("level >= 1", name=op.f("ck_season_pass_level_level_from_1")),
        sa.CheckConstraint("required_xp >= 0", name=op.f("ck_season_pass_level_required_xp_not_negative")),
        sa.ForeignKeyConstraint(["season_id"], ["season_pass_config.id"], name=op.f("fk_season_pass_level_season_id")),
        sa.PrimaryKeyConstraint("season_id", "level", name=op.f("pk_season_pass_level")),
    )
    op.create_table(
        "season_pass_progress",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("season_id", sa.BigInteger(), nullable=False),
        sa.Column("current_xp", sa.BigInteger(), nullable=False),
        sa.Column("current_level", sa.Integer(), nullable=False),
        sa.Column("total_stamps", sa.Integer(), nullable=False),
        sa.Column("last_stamp_date", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("current_level >= 0", name=op.f("ck_season_pass_progress_level_not_negative")),
        sa.CheckConstraint("current_xp >= 0", name=op.f("ck_season_pass_progress_xp_not_negative")),
        sa.CheckConstraint("total_stamps >= 0", name=op.f("ck_season_pass_progress_stamps_not_negative")),
        sa.ForeignKeyConstraint(
            ["season_id"], ["season_pass_config.id"], name=op.f("fk_season_pass_progress_season_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "season_id", name=op.f("pk_season_pass_progress")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "season_pass_xp_rule",
        sa.Column("season_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("feature_type", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("xp", sa.Integer(), nullable=False),
        sa.CheckConstraint("xp >= 0", name=op.f("ck_season_pass_xp_rule_xp_not_negative")),
        sa.ForeignKeyConstraint(
            ["season_id"], ["season_pass_config.id"], name=op.f("fk_season_pass_xp_rule_season_id")
        ),
        sa.PrimaryKeyConstraint("season_id", "position", name=op.f("pk_season_pass_xp_rule")),
    )


def downgrade() -> None:
    op.drop_table("season_pass_xp_rule")
    op.drop_table("season_pass_progress")
    op.drop_table("season_pass_level")
    op.drop_index(
        "ix_season_pass_delivery_pending",
        table_name="season_pass_delivery",
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.drop_table("season_pass_delivery")
    op.drop_index("ix_user_event_log_user_id_created_at", table_name="user_event_log")
    op.drop_table("user_event_log")
    op.drop_index("ix_season_pass_xp_log_day", table_name="season_pass_xp_log", postgresql_using="brin")
    op.drop_index("ix_season_pass_xp_log_user_id_event_id", table_name="season_pass_xp_log")
    op.drop_table("season_pass_xp_log")
    op.drop_index("ix_season_pass_waiting_play_day_user_id", table_name="season_pass_waiting_play")
    op.drop_table("season_pass_waiting_play")
    op.drop_table("season_pass_stamp_log")
    op.drop_table("season_pass_reward_log")
    op.drop_table("season_pass_config")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_idempotency_created_at"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_table("feature_title")
    op.drop_table("feature_projection")
    op.drop_table("feature_day")
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.drop_table("audit_log")
