"""What a service keeps of one player, whole, page by page: a service says where it stands, the rest is here.

PostgreSQL writes the rows as JSON itself: nobody needs to take a hundred thousand plays apart on their way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from fairground_common.db.database import ReadTx

OF_USER = "{source}.user_id = :user_id"

_CASTS: Mapping[type, str] = {int: "bigint", str: "text", date: "date", datetime: "timestamptz", UUID: "uuid"}


@dataclass(frozen=True, slots=True)
class Records:
    """Rows of one kind that are about a player: from where, which columns, and in which order."""

    kind: str
    source: str
    """A table, or a join of tables of which each has what it needs to be told apart."""
    columns: Sequence[str]
    order: Mapping[str, type]
    """Columns that put a player's rows in a unique order, best one an index has, and their types."""
    condition: str = OF_USER
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Columns that are not told, and why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row: as JSON text, and where it stands in the order."""

    json: str
    position: tuple[Any, ...]


EVENTS = Records(
    kind="events",
    source="user_event_log",
    columns=("id", "created_at", "action", "feature_type", "result", "request_id"),
    order={"created_at": datetime, "id": int},
)
"""What the player did, as every service logs it."""

ACTS = Records(
    kind="acts",
    source="audit_log",
    columns=("id", "created_at", "action", "subject", "before", "after", "request_id"),
    order={"id": int},
)
"""What they changed as an operator."""


async def list_records(
    tx: ReadTx, records: Records, *, user_id: int, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """Return a player's rows of one kind behind a position, in their order."""
    parameters = {"user_id": user_id, "limit": limit}
    if after is not None:
        parameters |= dict(zip(_names_of(records), after, strict=True))
    rows = await tx.rows(text(_page(records, is_first=after is None)), parameters)
    return [Record(row[0], tuple(row[1:])) for row in rows]


def _page(records: Records, *, is_first: bool) -> str:
    order = ", ".join(records.order)
    positions = zip(_names_of(records), records.order.values(), strict=True)
    values = ", ".join(f"CAST(:{name} AS {_CASTS[kind]})" for name, kind in positions)
    behind = "" if is_first else f" AND ({order}) > ({values})"
    condition = records.condition.format(source=records.source.split()[0])
    return (
        f"SELECT row_to_json(item)::text, {order} FROM (SELECT {', '.join(records.columns)} FROM {records.source}"  # noqa: S608 - from constants of the services
        f" WHERE {condition}{behind} ORDER BY {order} LIMIT :limit) AS item ORDER BY {order}"
    )


def _names_of(records: Records) -> list[str]:
    return [f"after_{number}" for number in range(len(records.order))]
