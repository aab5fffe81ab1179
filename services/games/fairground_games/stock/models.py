"""How many units of a lottery prize are left. Not part of any config version: it survives activation."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, Index, Table, Text, text

from fairground_common.db.schema import APPEND_ONLY
from fairground_games.schema import metadata

lottery_stock = Table(
    "lottery_stock",
    metadata,
    Column("prize_key", Text, primary_key=True),
    Column("left", BigInteger),
    Column("issued", BigInteger, nullable=False),
    CheckConstraint('"left" >= 0', name="left"),
    CheckConstraint("issued >= 0", name="issued"),
    Index("ix_lottery_stock_exhausted", "prize_key", postgresql_where=text('"left" = 0')),
)
"""``left`` NULL = unlimited; such a prize needs no unit, so its row is never touched by a play."""

lottery_stock_event = Table(
    "lottery_stock_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("prize_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("delta", BigInteger),
    Column("left", BigInteger),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind IN ('opened', 'restocked', 'exhausted', 'refilled')", name="kind"),
    Index("ix_lottery_stock_event_created_at_id", "created_at", "id"),
    info=APPEND_ONLY,
)
"""The public record of when a prize was there."""
