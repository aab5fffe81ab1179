"""Acts on a subject, and the deliveries of a day, are found by an index.

Both indexes are made while nobody writes to their table: operators wait, and the worker, which tries again.
"""

from alembic import op

revision = "20261130_0001"
down_revision = "20241206_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.create_index(
        "ix_audit_log_subject_id",
        "audit_log",
        ["subject", "id"],
        unique=False,
        postgresql_ops={"subject": "text_pattern_ops"},
    )
    op.create_index(
        "ix_season_pass_delivery_delivered_at",
        "season_pass_delivery",
        ["delivered_at"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"autosummarize": True},
    )


def downgrade() -> None:
    op.drop_index("ix_season_pass_delivery_delivered_at", table_name="season_pass_delivery", postgresql_using="brin")
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject", "id"], unique=False)
