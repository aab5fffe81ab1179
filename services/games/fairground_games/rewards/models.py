"""Rewards are like money: every credit has a source that pays once, and every balance a ledger that explains it."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, Index, Integer, Table, Text, Uuid, text

from fairground_common.db.schema import APPEND_ONLY
from fairground_games.schema import metadata

reward_ledger = Table(
    "reward_ledger",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("balance_after", BigInteger, nullable=False),
    Column("source_kind", Text, nullable=False),
    Column("source_id", Uuid, nullable=False, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("balance_after >= 0", name="balance_after"),
    Index("ix_reward_ledger_user_id_id", "user_id", "id"),
    Index(
        "ix_reward_ledger_created_at", "created_at", postgresql_using="brin", postgresql_with={"autosummarize": True}
    ),
    info=APPEND_ONLY,
)
"""``source_id`` is the id of the play or grant it comes from: being unique, it never pays twice."""

fulfilment = Table(
    "fulfilment",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("label", Text),
    Column("source_kind", Text, nullable=False),
    Column("source_id", Uuid, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("fulfilled_at", DateTime(timezone=True)),
    Column("fulfilled_by", BigInteger),
    CheckConstraint("state IN ('PENDING', 'FULFILLED', 'CANCELLED')", name="state"),
    Index("ix_fulfilment_user_id_id", "user_id", "id"),
    Index("ix_fulfilment_created_at", "created_at", postgresql_using="brin", postgresql_with={"autosummarize": True}),
    Index("ix_fulfilment_pending", "id", postgresql_where=text("state = 'PENDING'")),
)
"""A coupon or item owed to a player until an operator has handed it over, or it was taken back before."""

booked_grant = Table(
    "booked_grant",
    metadata,
    Column("grant_id", Uuid, primary_key=True),
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("booked_at", DateTime(timezone=True), nullable=False),
    info=APPEND_ONLY,
)
"""Grants of the season pass that are booked: the inbox of ``seasonpass.reward_granted.v1``. Never pruned."""
