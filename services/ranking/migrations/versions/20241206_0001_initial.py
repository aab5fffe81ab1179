"""The ranking's first schema: snapshots, the pointer of each day, the projection of the schedule, the logs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

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
        sa.Column("before", JSONB()),
        sa.Column("after", JSONB()),
        sa.Column("request_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject", "id"])
    op.create_table(
        "feature_day",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("feature_type", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("date", name="pk_feature_day"),
    )
    op.create_table(
        "feature_projection",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_feature_projection_only_row"),
        sa.PrimaryKeyConstraint("id", name="pk_feature_projection"),
    )
    op.create_table(
        "feature_title",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("type", name="pk_feature_title"),
    )
    op.create_table(
        "ranking_snapshot",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("entries >= 0", name="ck_ranking_snapshot_entries_not_negative"),
        sa.CheckConstraint("version >= 1", name="ck_ranking_snapshot_version_from_1"),
        sa.PrimaryKeyConstraint("date", "version", name="pk_ranking_snapshot"),
        sa.UniqueConstraint("date", "content_hash", name="uq_ranking_snapshot_date_content_hash"),
    )
    op.create_table(
        "user_event_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("feature_type", sa.Text()),
        sa.Column("result", JSONB(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", "created_at", name="pk_user_event_log"),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index("ix_user_event_log_user_id_created_at", "user_event_log", ["user_id", "created_at"])
    # Months come from `upgrade`; what none of them covers still has a place.
    op.execute("CREATE TABLE user_event_log_default PARTITION OF user_event_log DEFAULT")
    op.create_table(
        "ranking_daily",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("char_length(display_name) BETWEEN 1 AND 64", name="ck_ranking_daily_display_name_length"),
        sa.CheckConstraint("rank >= 1", name="ck_ranking_daily_rank_from_1"),
        sa.ForeignKeyConstraint(
            ["date", "version"],
            ["ranking_snapshot.date", "ranking_snapshot.version"],
            name="fk_ranking_daily_date_version",
        ),
        sa.PrimaryKeyConstraint("date", "version", "rank", name="pk_ranking_daily"),
        sa.UniqueConstraint("date", "version", "user_id", name="uq_ranking_daily_date_version_user_id"),
    )
    op.create_index(
        "ix_ranking_daily_user_id_date",
        "ranking_daily",
        ["user_id", "date"],
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_table(
        "ranking_day",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["date", "version"],
            ["ranking_snapshot.date", "ranking_snapshot.version"],
            name="fk_ranking_day_date_version",
        ),
        sa.PrimaryKeyConstraint("date", name="pk_ranking_day"),
    )
    op.create_table(
        "erased_player",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_erased_player"),
    )
    _let_the_app_forget()


def _let_the_app_forget() -> None:
    """A function that runs with the owner's rights: the app role may take a player's names away, and no more.

    Nobody but owner and app role can connect to this database, so everybody may call it.
    """
    op.execute("""
        CREATE FUNCTION forget_names(of_user bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            changed bigint;
        BEGIN
            UPDATE public.ranking_daily SET display_name = 'erased'
            WHERE user_id = of_user AND display_name <> 'erased';
            GET DIAGNOSTICS changed = ROW_COUNT;
            RETURN changed;
        END $$
    """)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_names(bigint)")
    op.drop_table("erased_player")
    op.drop_table("ranking_day")
    op.drop_index("ix_ranking_daily_user_id_date", table_name="ranking_daily")
    op.drop_table("ranking_daily")
    op.drop_index("ix_user_event_log_user_id_created_at", table_name="user_event_log")
    op.drop_table("user_event_log")
    op.drop_table("ranking_snapshot")
    op.drop_table("feature_title")
    op.drop_table("feature_projection")
    op.drop_table("feature_day")
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.drop_table("audit_log")
