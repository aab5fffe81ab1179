"""The signing key table. Private keys are sealed before they come here."""

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text

from fairground_auth.schema import metadata

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sealed_private_key", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("signs_from", DateTime(timezone=True), nullable=False),
    Column("published_until", DateTime(timezone=True)),
)
