"""Connections that are open and say nothing: asked, cut, and in the end given up. On both brokers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fairground_common.exits import EXIT_BROKER_SILENT
from fairground_common.messaging import Broker, BrokerAway, BrokerSilent, Message
from fairground_common.messaging.watchdog import REBUILDS, Line
from fairground_common.testing import eventually
from fairground_common.testing.buses import Bus, new_type
from fairground_common.testing.proxy import TcpProxy

SILENCE = 0.2


@asynccontextmanager
async def watched(broker: Broker, *, silence: float = SILENCE) -> AsyncIterator[asyncio.Task[None]]:
    watching: asyncio.Task[None] = asyncio.create_task(broker.watch(silence_seconds=silence))
    try:
        yield watching
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def test_a_line_that_is_only_idle_is_asked_and_left_alone(bus: Bus) -> None:
    kind, broker = new_type(), bus.broker()
    queue = await bus.queue(kind)
    await broker.publish([Message("1", kind, b"first")])
    async with broker.subscribe(queue, prefetch=10) as subscription, watched(broker) as watching:
        await subscription.receive()
        await asyncio.wait([watching], timeout=SILENCE * (REBUILDS + 3))
        assert not watching.done()
        await bus.broker().publish([Message("2", kind, b"second")])
        assert [delivery.body for delivery in await subscription.receive()] == [b"second"]


async def test_a_frozen_subscription_is_cut(bus: Bus, far_bus: Bus, proxy: TcpProxy) -> None:
    queue = await bus.queue(new_type())
    broker = far_bus.broker()
    async with broker.subscribe(queue, prefetch=1) as subscription, watched(broker):
        proxy.freeze()
        with pytest.raises(BrokerAway):
            await asyncio.wait_for(subscription.receive(), 10)


@pytest.mark.parametrize("use", ["publishing", "consuming"])
async def test_a_broker_that_stays_silent_is_given_up(bus: Bus, far_bus: Bus, proxy: TcpProxy, use: str) -> None:
    kind, broker = new_type(), far_bus.broker()
    queue = await bus.queue(kind)
    if use == "publishing":
        await broker.publish([Message("1", kind, b"x")])
    else:
        async with broker.subscribe(queue, prefetch=1):
            pass
    await proxy.refuse()
    async with watched(broker) as watching:
        with pytest.raises(BrokerSilent, match=use) as given_up:
            await asyncio.wait_for(watching, 20)
    assert given_up.value.code == EXIT_BROKER_SILENT


async def test_a_broker_that_comes_back_is_not_given_up(bus: Bus, far_bus: Bus, proxy: TcpProxy) -> None:
    kind, broker = new_type(), far_bus.broker()
    await bus.queue(kind)
    await broker.publish([Message("1", kind, b"x")])
    for _ in range(2):
        await proxy.refuse()
        async with watched(broker, silence=0.5) as watching:
            await asyncio.wait([watching], timeout=1.2)  # long enough for a rebuild or two
            await proxy.start()
            await asyncio.wait([watching], timeout=1.2)
            assert not watching.done()


async def test_nobody_is_missed_who_was_never_spoken_to(bus: Bus) -> None:
    broker = bus.broker()
    async with watched(broker, silence=0.05) as watching:
        await asyncio.wait([watching], timeout=0.5)
        assert not watching.done()


class Telephone:
    """A line whose other end answers when it is told to."""

    def __init__(self) -> None:
        self.answers = False
        self.asked = self.cuts = 0

    async def ask(self) -> None:
        self.asked += 1
        if not self.answers:
            raise ConnectionResetError

    async def cut(self) -> None:
        self.cuts += 1


async def test_each_silence_costs_a_connection_and_the_third_new_one_is_the_last() -> None:
    telephone, line = Telephone(), Line("test")
    line.over(ask=telephone.ask, cut=telephone.cut)
    for cuts in (1, 2, 3):
        await line.judge(0.0)
        assert (telephone.asked, telephone.cuts) == (cuts, cuts)
    with pytest.raises(BrokerSilent, match="test: no sign of the broker"):
        await line.judge(0.0)


async def test_a_sign_of_life_forgives_all_silence_before_it() -> None:
    telephone, line = Telephone(), Line("test")
    line.over(ask=telephone.ask, cut=telephone.cut)
    for _ in range(4):
        await line.judge(0.0)
        await line.judge(0.0)
        telephone.answers = True
        await line.judge(0.0)
        telephone.answers = False
    assert telephone.cuts == 8


async def test_whoever_has_just_spoken_is_not_asked() -> None:
    telephone, line = Telephone(), Line("test")
    line.over(ask=telephone.ask, cut=telephone.cut)
    line.heard()
    await line.judge(60.0)
    assert telephone.asked == 0


async def test_a_line_that_never_answers_is_not_waited_for() -> None:
    telephone, line = Telephone(), Line("test")
    line.over(ask=asyncio.Event().wait, cut=telephone.cut)
    await asyncio.sleep(0.01)
    await asyncio.wait_for(line.judge(0.01), 5)
    await eventually(lambda: telephone.cuts == 1)
