"""The table of stamps: at most one per player, season and KST day, by its primary key."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, Integer, Table, Uuid

from fairground_common.db.schema import APPEND_ONLY
from fairground_seasonpass.schema import metadata

season_pass_stamp_log = Table(
    "season_pass_stamp_log",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("season_id", BigInteger, primary_key=True, autoincrement=False),
    Column("date", Date, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("xp", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("xp >= 0", name="xp_not_negative"),
    info=APPEND_ONLY,
)
