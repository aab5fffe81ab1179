"""RabbitMQ killed, frozen, full, alarmed, robbed of a queue: plays wait in the outbox, and all of them arrive."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from fairground_common.messaging import TOPOLOGY, declare
from fairground_common.testing import eventually
from fairground_common.testing.nodes import SETTLING_SECONDS, Node
from fairground_deploy.broker_users import ADMINISTRATOR
from fairground_deploy.testing.line import SEASONPASS, Line

pytestmark = pytest.mark.timeout(400)
"""The first test of a session starts everything; a busy machine is no failure."""

AWAY_SECONDS = 4.0
FROZEN_SECONDS = 7.0
"""Above the 5 s after which a publish is given up."""
CUTS = 4


async def test_a_broker_killed_under_load_loses_nothing_it_confirmed(rabbit_line: Line, node: Node) -> None:
    async with rabbit_line.playing():
        await rabbit_line.goes_on()
        await asyncio.sleep(SETTLING_SECONDS)
        node.kill()
        await rabbit_line.waits()
        await asyncio.sleep(AWAY_SECONDS)
        await node.start()
        await rabbit_line.goes_on()
    await rabbit_line.all_arrived()


async def test_a_frozen_broker_is_given_up_and_used_again(rabbit_line: Line, node: Node) -> None:
    async with rabbit_line.playing():
        await rabbit_line.goes_on()
        node.freeze()
        await asyncio.sleep(FROZEN_SECONDS)
        await rabbit_line.waits()
        node.thaw()
        await rabbit_line.goes_on()
        await rabbit_line.sender.program.becomes_ready()
    await rabbit_line.all_arrived()


async def test_connections_cut_again_and_again_leave_none_behind(rabbit_line: Line, node: Node) -> None:
    async with rabbit_line.playing():
        for _ in range(CUTS):
            await rabbit_line.goes_on()
            await node.control("close_all_connections", "a test")
        await rabbit_line.goes_on()
    await rabbit_line.all_arrived()
    await eventually(lambda: _has_one_channel_for_each_use(node), within=30)


async def _has_one_channel_for_each_use(node: Node) -> bool:
    channels = await _channels_of(node)
    always = {"games-worker consume", "games-worker publish", "seasonpass-worker consume"}
    assert always <= set(channels) <= {*always, "seasonpass-worker publish"}
    assert len(set(channels)) == len(channels)
    return True


async def _channels_of(node: Node) -> list[str]:
    """Return the name of each worker connection, once for each of its channels."""
    found = json.loads(await node.control("list_connections", "channels", "client_properties", "--formatter", "json"))
    named = [(_name_of(each["client_properties"]), each["channels"]) for each in found]
    return sorted(name for name, channels in named for _ in range(channels) if "worker" in name)


def _name_of(properties: list[tuple[str, str, str]]) -> str:
    return next(value for name, _type, value in properties if name == "connection_name")


async def test_plays_wait_for_a_deleted_queue_and_its_consumer_comes_back(rabbit_line: Line, node: Node) -> None:
    await rabbit_line.all_arrived()  # what is in a queue goes with it
    await node.control("delete_queue", SEASONPASS)
    async with rabbit_line.playing():
        await rabbit_line.waits()
        await rabbit_line.counter.program.lacks("consumer")
        await declare(node.bus(ADMINISTRATOR), TOPOLOGY)
        await rabbit_line.goes_on()
    await rabbit_line.all_arrived()


async def test_plays_wait_for_room_in_a_full_queue(rabbit_line: Line, node: Node) -> None:
    await rabbit_line.counter.kill()
    small = ("set_policy", "small", f"^{SEASONPASS}$", '{"max-length": 3}', "--apply-to", "queues")
    async with _told(node, small, ("clear_policy", "small")), rabbit_line.playing():
        await rabbit_line.waits()
        await rabbit_line.counter.start()
        await rabbit_line.goes_on()
    await rabbit_line.all_arrived()


async def test_with_an_alarm_plays_wait_while_what_is_there_is_consumed(rabbit_line: Line, node: Node) -> None:
    await rabbit_line.counter.kill()
    before = await rabbit_line.counted()
    await rabbit_line.play(50)
    await eventually(lambda: _is_queued(rabbit_line))
    async with rabbit_line.playing():
        async with _told(node, ("set_disk_free_limit", "999GB"), ("set_disk_free_limit", "50MB")):
            await rabbit_line.waits()
            await rabbit_line.counter.start()
            assert await eventually(lambda: _has_counted(rabbit_line, before + 50))
        await rabbit_line.goes_on()
    await rabbit_line.all_arrived()


@asynccontextmanager
async def _told(node: Node, trouble: Sequence[str], as_before: Sequence[str]) -> AsyncIterator[None]:
    """Have a node in trouble around the block."""
    await node.control(*trouble)
    try:
        yield
    finally:
        await node.control(*as_before)


async def _is_queued(line: Line) -> bool:
    return (await line.broker.state(SEASONPASS)).ready > 0


async def _has_counted(line: Line, plays: int) -> bool:
    return await line.counted() >= plays


async def test_workers_started_without_a_broker_wait_for_it(rabbit_line: Line, node: Node) -> None:
    await rabbit_line.all_arrived()
    await asyncio.sleep(SETTLING_SECONDS)
    node.kill()
    for worker in (rabbit_line.sender, rabbit_line.counter):
        await worker.kill()
    await rabbit_line.play()
    sender, counter = rabbit_line.sender.program, rabbit_line.counter.program
    async with sender.running(), counter.running():
        await asyncio.gather(sender.lacks("relay"), counter.lacks("consumer"))
        await node.start()
        await asyncio.gather(sender.becomes_ready(), counter.becomes_ready())
        await rabbit_line.all_arrived()
    await asyncio.gather(rabbit_line.sender.start(), rabbit_line.counter.start())
