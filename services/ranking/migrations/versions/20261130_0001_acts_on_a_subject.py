"""Acts on a subject are found by their index, whatever the database's collation.

The index is made anew while no operator changes anything: nobody else writes to that log.
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


def downgrade() -> None:
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject", "id"], unique=False)
