"""The tables of a play as an application declares them to SQLAlchemy's ORM."""

import datetime
import uuid
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Identity, Integer, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """How types of Python are kept."""

    type_annotation_map = {  # noqa: RUF012 - read once by SQLAlchemy
        int: BigInteger,
        str: Text,
        uuid.UUID: Uuid,
        datetime.date: Date,
        datetime.datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }


class Player(Base):
    __tablename__ = "player"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[datetime.date]
    used: Mapped[dict[str, Any]]
    balance: Mapped[int]
    pair: Mapped[int] = mapped_column(Integer)
    nonce: Mapped[int]
    updated_at: Mapped[datetime.datetime]


class Schedule(Base):
    __tablename__ = "feature_schedule"

    date: Mapped[datetime.date] = mapped_column(primary_key=True)
    feature_type: Mapped[str]
    is_active: Mapped[bool]


class Config(Base):
    __tablename__ = "game_config"

    game: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    max_daily: Mapped[int] = mapped_column(Integer)
    state: Mapped[str]


class PlayRow(Base):
    __tablename__ = "play"

    play_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    game: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[uuid.UUID]
    user_id: Mapped[int]
    config_version: Mapped[int] = mapped_column(Integer)
    day: Mapped[datetime.date]
    created_at: Mapped[datetime.datetime]
    pair: Mapped[int] = mapped_column(Integer)
    nonce: Mapped[int]
    outcome_key: Mapped[str]
    outcome: Mapped[dict[str, Any]]
    reward: Mapped[dict[str, Any]]
    receipt: Mapped[dict[str, Any]]
    used_today: Mapped[int] = mapped_column(Integer)
    max_daily: Mapped[int] = mapped_column(Integer)
    balance: Mapped[int]
    idempotency_key: Mapped[str | None]


class Credit(Base):
    __tablename__ = "reward_ledger"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    user_id: Mapped[int]
    type: Mapped[str]
    amount: Mapped[int]
    balance_after: Mapped[int]
    source_kind: Mapped[str]
    source_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime.datetime]


class LogLine(Base):
    __tablename__ = "user_event_log"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    created_at: Mapped[datetime.datetime] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    action: Mapped[str]
    feature_type: Mapped[str | None]
    result: Mapped[dict[str, Any]]


class Outgoing(Base):
    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    event_id: Mapped[uuid.UUID]
    type: Mapped[str]
    key: Mapped[int | None]
    envelope: Mapped[str]
    created_at: Mapped[datetime.datetime]
