"""Sessions: a family of refresh tokens, of which only hashes are kept."""

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, Table, Text, Uuid

from fairground_auth.schema import metadata

refresh_family = Table(
    "refresh_family",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey("app_user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_because", Text),
)

refresh_token = Table(
    "refresh_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("family_id", ForeignKey("refresh_family.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("used_at", DateTime(timezone=True)),
)
