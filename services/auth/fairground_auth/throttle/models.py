"""Counts of what may only be tried so often."""

from sqlalchemy import Column, DateTime, Integer, Table, Text

from fairground_auth.schema import metadata

throttle = Table(
    "throttle",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("window_ends_at", DateTime(timezone=True), nullable=False, index=True),
)
