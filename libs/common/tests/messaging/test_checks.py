"""What a worker's readiness knows of its relay and its consumer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db, new_metadata
from fairground_common.ids import new_id
from fairground_common.messaging import (
    Consumer,
    Message,
    Relay,
    bundle,
    consumer_check,
    emit,
    events_check,
    outbox_table,
    relay_check,
)
from fairground_common.messaging.checks import InTrouble
from fairground_common.readiness import Check, readiness
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type
from fairground_common.testing.proxy import proxied


@asynccontextmanager
async def at_work(part: Consumer | Relay) -> AsyncIterator[None]:
    working = asyncio.create_task(part.run())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait({working})


async def is_away(check: Check) -> bool:
    status, document = await readiness([check])
    assert document["checks"] == {check.name: "away" if status == 503 else "ok"}
    return status == 503


async def is_fine(check: Check) -> bool:
    return not await is_away(check)


async def test_a_consumer_is_ready_while_it_is_subscribed(embedded_bus: Bus) -> None:
    queue = await embedded_bus.queue(new_type())
    assert embedded_bus.bus_database_url is not None
    url = embedded_bus.bus_database_url.get_secret_value()
    async with proxied(url, 5432) as proxy:
        through = Bus(bus_database_url=SecretStr(proxy.url(url)))
        consumer = Consumer(through.broker(), queue, {})
        check = consumer_check(consumer)
        assert await is_away(check)
        async with at_work(consumer):
            await eventually(lambda: is_fine(check))
            await proxy.refuse()
            await eventually(lambda: is_away(check))
            await proxy.start()
            await eventually(lambda: is_fine(check))
        await through.close()


async def test_a_consumer_whose_handler_is_in_trouble_is_not_ready(embedded_bus: Bus) -> None:
    queue = await embedded_bus.queue(RewardDelivered.type)
    well = asyncio.Event()

    async def handler(_envelopes: object) -> None:
        if not well.is_set():
            raise ConnectionRefusedError("no database")

    consumer = Consumer(embedded_bus.broker(), queue, {RewardDelivered: handler})
    event = RewardDelivered(grant_id=new_id(), delivered_at=datetime(2026, 1, 1, tzinfo=UTC))
    async with at_work(consumer):
        check = consumer_check(consumer)
        await eventually(lambda: is_fine(check))
        await say(embedded_bus, event)
        await eventually(lambda: is_away(check))
        well.set()
        await eventually(lambda: is_fine(check))


async def say(bus: Bus, event: RewardDelivered) -> None:
    body = bundle.encode([Envelope.of(event, at=datetime.now(UTC)).to_json()])
    await bus.broker().publish([Message("1", event.type, body)])


async def test_a_relay_is_ready_once_it_is_connected_and_as_long_as_its_events_are_taken(
    embedded_bus: Bus, outbox_url: str
) -> None:
    kind = new_type()
    relay = Relay(outbox_url, embedded_bus.broker(), name="test")
    check = relay_check(relay)
    assert await is_away(check)
    async with at_work(relay):
        await eventually(lambda: is_fine(check))
        await write_one(outbox_url, kind)
        await eventually(lambda: is_away(check))
        await embedded_bus.queue(kind)
        await eventually(lambda: is_fine(check))


async def test_a_relay_that_stands_by_is_ready(embedded_bus: Bus, outbox_url: str) -> None:
    active, standing_by = (Relay(outbox_url, embedded_bus.broker(), name="test") for _ in range(2))
    async with at_work(active):
        await eventually(lambda: active.state.active)
        async with at_work(standing_by):
            await eventually(lambda: is_fine(relay_check(standing_by)))
            assert not standing_by.state.active


async def write_one(outbox_url: str, kind: str) -> None:
    connection = await asyncpg.connect(outbox_url)
    await connection.execute(
        "INSERT INTO outbox (event_id, type, envelope, created_at) VALUES ($1, $2, '{}', clock_timestamp())",
        new_id(),
        kind,
    )
    await connection.close()


async def test_events_that_do_not_leave_degrade_the_service_that_says_them(outbox_url: str) -> None:
    outbox = outbox_table(new_metadata())
    now, later = (Db.connect(outbox_url, application="test", clock_offset=timedelta(minutes=each)) for each in (0, 1))
    async with now.begin() as tx:
        await emit(tx, outbox, [Envelope.of(RewardDelivered(grant_id=new_id(), delivered_at=tx.now), at=tx.now)])
    await events_check(now, outbox).probe()
    with pytest.raises(InTrouble):
        await events_check(later, outbox).probe()
    async with now.begin() as tx:
        await tx.execute(outbox.delete())
    await events_check(later, outbox).probe()
    assert not events_check(now, outbox).required
    await now.close()
    await later.close()
