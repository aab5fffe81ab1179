"""Events leave a service through its own database: written with the effect, or not at all.

Every row present is unsent; the relay (``relay.py``) publishes rows and deletes what the broker confirmed. A crash
between the two sends a row again, with the same event_id. No row is ever lost, and none is updated.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import Insert

from fairground_common.contracts import Envelope
from fairground_common.db import Tx
from fairground_common.db.rows import as_rows, insert_rows

OUTBOX_STORAGE = {
    "autovacuum_vacuum_scale_factor": 0,
    "autovacuum_vacuum_threshold": 1000,
    "autovacuum_vacuum_cost_delay": 0,
}
"""Every row dies young: vacuum by count, not by share, and without pauses. For the migration's create_table too."""

_COLUMNS = ("event_id", "type", "key", "envelope")


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
    rows = [
        {
            "event_id": envelope.event_id,
            "type": envelope.type,
            "key": envelope.key,
            "envelope": envelope.to_json(),
        }
        for envelope in envelopes
    ]
    await tx.execute(_insert_into(outbox), as_rows(rows, created_at=tx.now))


@cache
def _insert_into(outbox: Table) -> Insert:
    return insert_rows(outbox, _COLUMNS, same=("created_at",))
