"""Plays of days that had no season when they arrived, until one is published that covers their day.

A row is here while its play is not counted; counting deletes it. The play itself stands in the XP log for good.
"""

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, Table, Uuid

from fairground_seasonpass.schema import metadata

season_pass_waiting_play = Table(
    "season_pass_waiting_play",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Index("ix_season_pass_waiting_play_day_user_id", "day", "user_id"),
)
