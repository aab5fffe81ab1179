"""All that decides a play under concurrency, in one row a player: locked first, changed last."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from fairground_games.schema import metadata

player = Table(
    "player",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, nullable=False),
    Column("used", JSONB, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("pair", Integer, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("client_seed", Text, nullable=False),
    Column("client_seed_source", Text, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("balance >= 0", name="balance"),
    CheckConstraint("nonce >= 0", name="nonce"),
    CheckConstraint("client_seed_source IN ('default', 'player')", name="client_seed_source"),
    postgresql_with={"fillfactor": 70},
)
"""``used`` counts plays of ``day`` by game. Nothing indexed ever changes, so updates stay within the page (HOT)."""
