"""Seed pairs that have ended. A row here is the permission to show a server seed, and the end of its use."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, Table, Text

from fairground_common.db.schema import APPEND_ONLY
from fairground_games.schema import metadata

revealed_seed_pair = Table(
    "revealed_seed_pair",
    metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("pair", Integer, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("client_seed", Text, nullable=False),
    Column("client_seed_source", Text, nullable=False),
    Column("plays", BigInteger, nullable=False),
    Column("revealed_at", DateTime(timezone=True), nullable=False),
    info=APPEND_ONLY,
)
