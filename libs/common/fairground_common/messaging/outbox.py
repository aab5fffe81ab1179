"""Events leave a service through its own database: written with the effect, or not at all.

Every row present is unsent; the relay (``relay.py``) publishes rows and deletes what the broker confirmed. A crash
between the two sends a row again, with the same event_id. No row is ever lost, and none is updated.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Insert,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine

from fairground_common.contracts import Envelope
from fairground_common.db import Tx

OUTBOX_STORAGE = {
    "autovacuum_vacuum_scale_factor": 0,
    "autovacuum_vacuum_threshold": 1000,
    "autovacuum_vacuum_cost_delay": 0,
}
"""Every row dies young: vacuum by count, not by share, and without pauses. For the migration's create_table too."""


def outbox_table(metadata: MetaData) -> Table:
    """Define the service's outbox. ``envelope`` is the JSON text that travels (``Envelope.to_json``)."""
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("key", BigInteger),
        Column("envelope", Text, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        postgresql_with=OUTBOX_STORAGE,
    )


async def emit(tx: Tx, outbox: Table, envelopes: Sequence[Envelope]) -> None:
    """Write events in the caller's transaction, with one statement whatever their number."""
    if not envelopes:
        return
    await tx.execute(
        _insert_into(outbox),
        {
            "event_ids": [envelope.event_id for envelope in envelopes],
            "types": [envelope.type for envelope in envelopes],
            "keys": [envelope.key for envelope in envelopes],
            "envelopes": [envelope.to_json() for envelope in envelopes],
            "moment": tx.now,
        },
    )


@cache
def _insert_into(outbox: Table) -> Insert:
    # Arrays, unnested side by side: one statement text for any number of rows, so it is compiled and prepared once.
    rows = select(
        _unnest("event_ids", Uuid()),
        _unnest("types", Text()),
        _unnest("keys", BigInteger()),
        _unnest("envelopes", Text()),
        bindparam("moment", type_=DateTime(timezone=True)),
    )
    return insert(outbox).from_select(["event_id", "type", "key", "envelope", "created_at"], rows)


def _unnest(name: str, kind: TypeEngine[Any]) -> Any:
    return func.unnest(bindparam(name, type_=ARRAY(kind)))
