"""user_event_log: what a player did, as every service writes it. Append-only, partitioned by month.

Rows are written in the transaction of the thing they tell about. A default partition takes what no month covers,
so a missing partition never refuses a play.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, Insert

from fairground_common.context import current_request_id
from fairground_common.db.database import Tx
from fairground_common.db.rows import as_rows, insert_rows
from fairground_common.db.schema import APPEND_ONLY

TABLE_NAME = "user_event_log"

_COLUMNS = ("user_id", "action", "feature_type", "result")
_SAME = ("created_at", "request_id")


@dataclass(frozen=True, slots=True)
class UserEvent:
    """One thing a player did: PLAY, ENTER_PAGE, AUTH_LOGIN, SEASON_PASS_STAMP, … Its fields are the log's columns."""

    user_id: int
    action: str
    feature_type: str | None = None
    result: dict[str, Any] = field(default_factory=dict)


def user_event_log_table(metadata: MetaData) -> Table:
    """Define the service's own log table."""
    return Table(
        TABLE_NAME,
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("created_at", DateTime(timezone=True), primary_key=True),
        Column("user_id", BigInteger, nullable=False),
        Column("action", Text, nullable=False),
        Column("feature_type", Text),
        Column("result", JSONB, nullable=False),
        Column("request_id", Text),
        Index("ix_user_event_log_user_id_created_at", "user_id", "created_at"),
        info=APPEND_ONLY,
        postgresql_partition_by="RANGE (created_at)",
    )


async def log_user_events(tx: Tx, table: Table, events: Sequence[UserEvent]) -> None:
    """Write events in the caller's transaction, at its moment, with one statement whatever their number."""
    if not events:
        return
    await tx.execute(_insert_into(table), as_rows(events, created_at=tx.now, request_id=current_request_id()))


@cache
def _insert_into(table: Table) -> Insert:
    return insert_rows(table, _COLUMNS, same=_SAME)
