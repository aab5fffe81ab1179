"""Campaigns: rewards that operators give to many players at once, and what became of each."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from fairground_games.schema import metadata

campaign = Table(
    "campaign",
    metadata,
    Column("name", Text, primary_key=True),
    Column("note", Text),
    Column("created_by", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),
    Column("undone_by", BigInteger),
    Column("undone_at", DateTime(timezone=True)),
)
"""Its row is held by whoever grants or undoes: of one campaign one at a time. Undone, it takes nothing more."""

campaign_grant = Table(
    "campaign_grant",
    metadata,
    Column("grant_id", Uuid, primary_key=True),
    Column("campaign", Text, ForeignKey("campaign.name", ondelete="RESTRICT"), nullable=False),
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("ref", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("sku", Text),
    Column("label", Text),
    Column("granted_by", BigInteger, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("undone_at", DateTime(timezone=True)),
    UniqueConstraint("campaign", "user_id", "ref"),
    CheckConstraint("type IN ('POINT', 'COUPON', 'ITEM')", name="type"),
    CheckConstraint("amount >= 0", name="amount"),
)
"""What was credited. ``grant_id`` is made of campaign, user and ref and is the source of ledger entry or fulfilment."""
