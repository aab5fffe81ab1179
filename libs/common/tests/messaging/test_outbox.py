"""Events in the database of the service that says them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from fairground_common.context import Origin, enter_batch, enter_request
from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db, new_metadata
from fairground_common.ids import new_id
from fairground_common.messaging import emit, outbox_table

OUTBOX = outbox_table(new_metadata())


async def test_emitted_rows_are_ready_to_travel(outbox_url: str) -> None:
    db = Db.connect(outbox_url, application="test")
    enter_request("request-7", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    async with db.begin() as tx:
        events = [
            Envelope.of(RewardDelivered(grant_id=new_id(), delivered_at=tx.now), at=tx.now, key=key)
            for key in (7, None, 2**62)
        ]
        await emit(tx, OUTBOX, events)
        moment = tx.now
    async with db.read() as tx:
        rows = await tx.rows(select(OUTBOX).order_by(OUTBOX.c.id))
    assert [Envelope.model_validate_json(row.envelope) for row in rows] == events
    assert [(row.event_id, row.type, row.key) for row in rows] == [(e.event_id, e.type, e.key) for e in events]
    assert {row.created_at for row in rows} == {moment}
    assert {event.request_id for event in events} == {"request-7"}
    await db.close()


async def test_a_failed_transaction_leaves_no_event(outbox_url: str) -> None:
    db = Db.connect(outbox_url, application="test")
    with pytest.raises(LookupError):
        await _emit_and_fail(db)
    async with db.read() as tx:
        assert await tx.scalar(select(OUTBOX.c.id)) is None
    await db.close()


async def _emit_and_fail(db: Db) -> None:
    async with db.begin() as tx:
        await emit(tx, OUTBOX, [Envelope.of(RewardDelivered(grant_id=new_id(), delivered_at=tx.now), at=tx.now)])
        raise LookupError


async def test_dead_rows_are_vacuumed_by_count(outbox_url: str) -> None:
    db = Db.connect(outbox_url, application="test")
    async with db.read() as tx:
        options = await tx.scalar(text("SELECT reloptions FROM pg_class WHERE relname = 'outbox'"))
    assert "autovacuum_vacuum_threshold=1000" in options
    assert "autovacuum_vacuum_scale_factor=0" in options
    await db.close()


async def test_what_is_said_of_a_player_within_a_batch_goes_on_with_the_request_of_that_player() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    now = datetime.now(UTC)
    enter_batch({7: Origin("request-7", trace), 8: Origin("request-8", None)})
    delivered = RewardDelivered(grant_id=new_id(), delivered_at=now)
    events = [Envelope.of(delivered, at=now, key=key) for key in (7, 8, 9, None)]
    assert [(event.request_id, event.traceparent) for event in events] == [
        ("request-7", trace),
        ("request-8", None),
        (None, None),
        (None, None),
    ]
    enter_request(None, None)
    assert Envelope.of(delivered, at=now, key=7).request_id is None
