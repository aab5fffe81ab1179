"""The auth service's first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20241206_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_ip", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "roles <@ ARRAY['admin', 'operator', 'player'] AND 'player' = ANY (roles)", name=op.f("ck_app_user_roles")
        ),
        sa.CheckConstraint("status IN ('ACTIVE', 'BLOCKED', 'ERASED')", name=op.f("ck_app_user_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("username", name=op.f("uq_app_user_username")),
    )
    op.create_index(
        "ix_app_user_admins", "app_user", ["id"], unique=False, postgresql_where=sa.text("'admin' = ANY (roles)")
    )
    op.create_index(
        "ix_app_user_username_prefix",
        "app_user",
        ["username"],
        unique=False,
        postgresql_ops={"username": "text_pattern_ops"},
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject", "id"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "throttle",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_throttle")),
    )
    op.create_index(op.f("ix_throttle_window_ends_at"), "throttle", ["window_ends_at"], unique=False)
    op.create_table(
        "user_event_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("feature_type", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "created_at", name=op.f("pk_user_event_log")),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.execute("CREATE TABLE user_event_log_default PARTITION OF user_event_log DEFAULT")
    op.create_index("ix_user_event_log_user_id_created_at", "user_event_log", ["user_id", "created_at"], unique=False)
    op.create_table(
        "credential",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_credential_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "refresh_family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_refresh_family_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_family")),
    )
    op.create_index(op.f("ix_refresh_family_expires_at"), "refresh_family", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_family_user_id"), "refresh_family", ["user_id"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["refresh_family.id"], name=op.f("fk_refresh_token_family_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_expires_at"), "refresh_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_token_family_id"), "refresh_token", ["family_id"], unique=False)
    _let_the_app_forget()


def _let_the_app_forget() -> None:
    """Two functions that run with the owner's rights: the app role may take a person out of its logs, and no more.

    Whatever else stands in a row stays as it was written. Nobody but owner and app role can connect to this database,
    so everybody may call them.
    """
    settings = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
    op.execute(f"""
        CREATE FUNCTION forget_addresses(of_user bigint) RETURNS bigint {settings} AS $$
        DECLARE
            changed bigint;
        BEGIN
            UPDATE public.user_event_log SET result = result - 'ip' WHERE user_id = of_user AND result ? 'ip';
            GET DIAGNOSTICS changed = ROW_COUNT;
            RETURN changed;
        END $$
    """)
    op.execute(f"""
        CREATE FUNCTION forget_in_audit_log(of_user bigint) RETURNS bigint {settings} AS $$
        DECLARE
            personal CONSTANT text[] := ARRAY['username', 'reason'];
            changed bigint;
        BEGIN
            UPDATE public.audit_log SET before = before - personal, after = after - personal
            WHERE subject = 'user:' || of_user AND (before ?| personal OR after ?| personal);
            GET DIAGNOSTICS changed = ROW_COUNT;
            RETURN changed;
        END $$
    """)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_in_audit_log(bigint)")
    op.execute("DROP FUNCTION forget_addresses(bigint)")
    op.drop_index(op.f("ix_refresh_token_family_id"), table_name="refresh_token")
    op.drop_index(op.f("ix_refresh_token_expires_at"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index(op.f("ix_refresh_family_user_id"), table_name="refresh_family")
    op.drop_index(op.f("ix_refresh_family_expires_at"), table_name="refresh_family")
    op.drop_table("refresh_family")
    op.drop_table("credential")
    op.drop_index("ix_user_event_log_user_id_created_at", table_name="user_event_log")
    op.drop_table("user_event_log")
    op.drop_index(op.f("ix_throttle_window_ends_at"), table_name="throttle")
    op.drop_table("throttle")
    op.drop_table("signing_key")
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index("ix_app_user_username_prefix", table_name="app_user", postgresql_ops={"username": "text_pattern_ops"})
    op.drop_index("ix_app_user_admins", table_name="app_user", postgresql_where=sa.text("'admin' = ANY (roles)"))
    op.drop_table("app_user")
