"""An export finds the grants of one player among those of all.

Both indexes are made while nobody writes to their table. Plays do not: campaigns are given by operators, and levels are
booked by the worker, which tries again. Whoever has millions of them may make the indexes before, ``CONCURRENTLY``.
"""

from alembic import op

revision = "20261130_0001"
down_revision = "20241206_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_booked_grant_user_id", "booked_grant", ["user_id"], unique=False, if_not_exists=True)
    op.create_index("ix_campaign_grant_user_id", "campaign_grant", ["user_id"], unique=False, if_not_exists=True)


def downgrade() -> None:
    op.drop_index("ix_campaign_grant_user_id", table_name="campaign_grant")
    op.drop_index("ix_booked_grant_user_id", table_name="booked_grant")
