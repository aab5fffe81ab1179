"""Users and credentials. The hash stands apart, so that no list or search can touch it."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    text,
)

from fairground_auth.schema import metadata

# Not `user`: unquoted, that is a PostgreSQL function, and `SELECT * FROM user` would answer with the role's name.
app_user = Table(
    "app_user",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("nickname", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_login_at", DateTime(timezone=True)),
    Column("last_login_ip", Text),
    CheckConstraint("status IN ('ACTIVE', 'BLOCKED', 'ERASED')", name="status"),
    CheckConstraint("roles <@ ARRAY['admin', 'operator', 'player'] AND 'player' = ANY (roles)", name="roles"),
    Index("ix_app_user_username_prefix", "username", postgresql_ops={"username": "text_pattern_ops"}),
    Index("ix_app_user_admins", "id", postgresql_where=text("'admin' = ANY (roles)")),
)

credential = Table(
    "credential",
    metadata,
    Column("user_id", ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
