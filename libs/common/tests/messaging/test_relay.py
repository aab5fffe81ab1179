"""From an outbox to the broker: nothing is lost, whoever dies and when."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db, new_metadata
from fairground_common.ids import new_id
from fairground_common.messaging import (
    Message,
    Publisher,
    Relay,
    Topology,
    bundle,
    declare,
    emit,
    outbox_table,
    queue_of,
)
from fairground_common.messaging.relay import (
    BUSY_POLL_SECONDS,
    BUSY_ROWS,
    FLOOD_POLL_SECONDS,
    FLOOD_RATE,
    POLL_SECONDS,
    READ_ROWS,
    pace,
)
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type
from fairground_common.testing.proxy import proxied

OUTBOX = outbox_table(new_metadata())

INSERT = """
INSERT INTO outbox (event_id, type, envelope, created_at)
VALUES ($1, $2, $3, clock_timestamp() - $4::interval)
"""


def an_event() -> Envelope:
    return Envelope.of(
        RewardDelivered(grant_id=new_id(), delivered_at=datetime(2026, 1, 1, tzinfo=UTC)), at=datetime.now(UTC)
    )


class Outbox:
    """A service's database, and the far end of the line where its events arrive."""

    def __init__(self, url: str, bus: Bus, kind: str, queue: str) -> None:
        self.url = url
        self.bus = bus
        self.kind = kind
        self.queue = queue
        self.arrived: Counter[UUID] = Counter()

    async def write(self, connection: asyncpg.Connection, event: Envelope, *, age: timedelta = timedelta(0)) -> None:
        await connection.execute(INSERT, event.event_id, self.kind, event.to_json(), age)

    async def write_one(self, *, age: timedelta = timedelta(0)) -> Envelope:
        event = an_event()
        async with self.connection() as connection:
            await self.write(connection, event, age=age)
        return event

    def has(self, *events: Envelope) -> bool:
        """Whether these have arrived and no others; repeats are allowed."""
        return set(self.arrived) == {event.event_id for event in events}

    async def rows(self) -> int:
        async with self.connection() as connection:
            return int(await connection.fetchval("SELECT count(*) FROM outbox"))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def relay(self, broker: Publisher | None = None, *, url: str | None = None) -> AsyncIterator[Relay]:
        relay = Relay(url or self.url, broker or self.bus.broker(), name="test", clock=Clock())
        running = asyncio.create_task(relay.run())
        try:
            yield relay
        finally:
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    async def listen(self) -> None:
        """Note what arrives, until cancelled."""
        async with self.bus.broker().subscribe(self.queue, prefetch=100) as subscription:
            while True:
                deliveries = await subscription.receive()
                for element in (element for each in deliveries for element in bundle.decode(each.body)):
                    assert isinstance(element, Envelope)
                    self.arrived[element.event_id] += 1
                await subscription.ack([delivery.tag for delivery in deliveries])


@pytest.fixture
async def outbox(bus: Bus, outbox_url: str) -> AsyncIterator[Outbox]:
    kind = new_type()
    outbox = Outbox(outbox_url, bus, kind, await bus.queue(kind))
    listening = asyncio.create_task(outbox.listen())
    yield outbox
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_emitted_events_are_sent_and_their_rows_are_gone(bus: Bus, outbox_url: str) -> None:
    await declare(bus, Topology.of([RewardDelivered]))
    outbox = Outbox(outbox_url, bus, RewardDelivered.type, queue_of("seasonpass"))
    listening = asyncio.create_task(outbox.listen())
    db = Db.connect(outbox_url, application="test")
    events = [an_event() for _ in range(250)]
    async with db.begin() as tx:
        await emit(tx, OUTBOX, events[:1])
        await emit(tx, OUTBOX, events[1:])
        await emit(tx, OUTBOX, [])
    async with outbox.relay() as relay:
        await eventually(lambda: outbox.has(*events))
        await eventually(lambda: relay.state.sent == len(events))
        assert await outbox.rows() == 0
    await db.close()
    listening.cancel()


async def test_what_is_rolled_back_is_never_sent(outbox: Outbox) -> None:
    async with outbox.relay(), outbox.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await outbox.write(connection, an_event())
        await transaction.rollback()
        kept = await outbox.write_one()
        await eventually(lambda: outbox.has(kept))


async def test_a_row_committed_late_under_a_lower_id_is_sent(outbox: Outbox) -> None:
    async with outbox.relay() as relay, outbox.connection() as slow:
        transaction = slow.transaction()
        await transaction.start()
        late = an_event()
        await outbox.write(slow, late)
        early = await outbox.write_one()
        await eventually(lambda: relay.state.sent == 1)
        await transaction.commit()
        await eventually(lambda: outbox.has(early, late))
        await eventually(lambda: relay.state.sent == 2)
    assert await outbox.rows() == 0


async def test_only_one_relay_is_active_and_the_other_takes_over(outbox: Outbox) -> None:
    async with outbox.relay() as second:
        async with outbox.relay() as first:
            await eventually(lambda: first.state.active or second.state.active)
            event = await outbox.write_one()
            await eventually(lambda: outbox.has(event))
            assert first.state.active != second.state.active
        await eventually(lambda: second.state.active)
        later = await outbox.write_one()
        await eventually(lambda: outbox.has(event, later))


async def test_a_relay_that_lost_its_connection_is_replaced(outbox: Outbox) -> None:
    async with proxied(outbox.url, 5432) as proxy, outbox.relay(url=proxy.url(outbox.url)) as first:
        await eventually(lambda: first.state.active)
        async with outbox.relay() as second:
            await proxy.refuse()
            await eventually(lambda: second.state.active)
            event = await outbox.write_one()
            await eventually(lambda: outbox.has(event))
            assert not first.state.active
            assert first.state.last_error
        await proxy.start()
        await eventually(lambda: first.state.active)


class DyingAfterPublish:
    """A broker whose user's database connections die between the first confirm and what comes next."""

    def __init__(self, broker: Publisher, outbox: Outbox) -> None:
        self._broker = broker
        self._outbox = outbox
        self.died = False

    async def publish(self, messages: Sequence[Message]) -> None:
        await self._broker.publish(messages)
        if not self.died:
            self.died = True
            async with self._outbox.connection() as connection:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test relay'"
                )


async def test_a_crash_between_confirm_and_delete_sends_the_same_event_again(outbox: Outbox) -> None:
    event = await outbox.write_one()
    async with outbox.relay(DyingAfterPublish(outbox.bus.broker(), outbox)) as relay:
        await eventually(lambda: outbox.arrived == Counter({event.event_id: 2}))
        await eventually(lambda: relay.state.sent == 1)
    assert await outbox.rows() == 0


async def test_an_unroutable_event_stays_until_somebody_listens_and_holds_up_nobody(outbox: Outbox) -> None:
    unheard = Outbox(outbox.url, outbox.bus, new_type(), outbox.queue)
    lonely = await unheard.write_one(age=timedelta(minutes=2))
    async with outbox.relay() as relay:
        await eventually(lambda: relay.state.failures)
        event = await outbox.write_one()
        await eventually(lambda: outbox.has(event))
        assert "unroutable" in (relay.state.last_error or "")
        assert relay.state.oldest > timedelta(minutes=1)
        await eventually(lambda: relay.state.sent == 1)
        assert await outbox.rows() == 1
        await declare(outbox.bus, Topology({outbox.queue: (unheard.kind,)}))
        await eventually(lambda: outbox.has(event, lonely))
        await eventually(lambda: relay.state.last_error is None)
        await eventually(lambda: relay.state.oldest < timedelta(minutes=1))


async def test_a_row_that_is_no_json_does_not_spoil_its_bundle(bus: Bus, outbox_url: str) -> None:
    kind, broker = new_type(), bus.broker()
    outbox = Outbox(outbox_url, bus, kind, await bus.queue(kind))
    async with outbox.connection() as connection:
        good = [an_event(), an_event()]
        await outbox.write(connection, good[0])
        await connection.execute(INSERT, new_id(), kind, '{"cut off', timedelta(0))
        await outbox.write(connection, good[1])
    bodies: list[bytes] = []
    async with outbox.relay(), broker.subscribe(outbox.queue, prefetch=10) as subscription:
        while len(bodies) < 3:
            bodies += [delivery.body for delivery in await subscription.receive()]
    elements = [element for body in bodies for element in bundle.decode(body)]
    assert [element for element in elements if isinstance(element, Envelope)] == good


async def test_more_rows_than_one_read_takes_are_sent(outbox: Outbox) -> None:
    events = [an_event() for _ in range(1300)]
    async with outbox.connection() as connection:
        rows = [(event.event_id, outbox.kind, event.to_json(), timedelta(0)) for event in events]
        await connection.executemany(INSERT, rows)
    async with outbox.relay() as relay:
        await eventually(lambda: outbox.has(*events))
        await eventually(lambda: relay.state.oldest == timedelta(0))


async def test_a_relay_started_before_its_database_and_broker_waits_for_both(outbox: Outbox) -> None:
    event = await outbox.write_one()
    async with proxied(outbox.url, 5432) as proxy:
        await proxy.refuse()
        async with outbox.relay(url=proxy.url(outbox.url)) as relay:
            await eventually(lambda: relay.state.last_error)
            await proxy.start()
            await eventually(lambda: outbox.has(event))
            await eventually(lambda: relay.state.last_error is None)


@pytest.mark.parametrize(
    ("rows", "since", "pause"),
    [
        (0, 0.025, POLL_SECONDS),
        (BUSY_ROWS - 1, 0.001, POLL_SECONDS),
        (BUSY_ROWS, 0.025, BUSY_POLL_SECONDS),
        (FLOOD_RATE // 20 - 1, 0.05, BUSY_POLL_SECONDS),
        (FLOOD_RATE // 20, 0.05, FLOOD_POLL_SECONDS),
        (FLOOD_RATE // 20, 0.1, BUSY_POLL_SECONDS),
        (READ_ROWS, 0.1, 0),
    ],
)
def test_the_more_there_is_to_say_the_longer_more_is_waited_for_until_a_read_is_full(
    rows: int, since: float, pause: float
) -> None:
    assert pace(rows, since) == pause
