"""Connections that break, hang or are refused: both brokers come back by themselves."""

import asyncio

import pytest

from fairground_common.messaging import Broker, BrokerAway, Message, NotConfirmed
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type
from fairground_common.testing.proxy import TcpProxy


async def test_publishing_goes_on_after_the_connection_broke(bus: Bus, far_bus: Bus, proxy: TcpProxy) -> None:
    kind, broker = new_type(), far_bus.broker()
    queue = await bus.queue(kind)
    await broker.publish([Message("1", kind, b"before")])
    await proxy.refuse()
    with pytest.raises(NotConfirmed):
        await broker.publish([Message("2", kind, b"while away")])
    await proxy.start()
    await eventually(lambda: _published(broker, kind, b"after"))
    async with bus.broker().subscribe(queue, prefetch=10) as subscription:
        bodies: list[bytes] = []
        while len(bodies) < 2:
            bodies += [delivery.body for delivery in await subscription.receive()]
    assert bodies == [b"before", b"after"]


async def test_a_frozen_broker_is_given_up_and_used_again_when_it_thaws(
    bus: Bus, far_bus: Bus, proxy: TcpProxy
) -> None:
    kind, broker = new_type(), far_bus.broker()
    await bus.queue(kind)
    await broker.publish([Message("1", kind, b"before")])
    proxy.freeze()
    with pytest.raises(NotConfirmed) as refused:
        await broker.publish([Message("2", kind, b"x"), Message("3", kind, b"y")])
    assert set(refused.value.reasons) == {"2", "3"}
    proxy.thaw()
    await eventually(lambda: _published(broker, kind, b"after"))


async def test_a_broken_subscription_says_so(bus: Bus, far_bus: Bus, proxy: TcpProxy) -> None:
    queue = await bus.queue(new_type())
    async with far_bus.broker().subscribe(queue, prefetch=1) as subscription:
        waiting = asyncio.ensure_future(subscription.receive())
        await proxy.refuse()
        with pytest.raises(BrokerAway):
            await waiting


async def _published(broker: Broker, kind: str, body: bytes) -> bool:
    try:
        await broker.publish([Message("again", kind, body)])
    except NotConfirmed:
        return False
    return True
