"""Workers that die between two steps, and that are two: everything may happen twice on the wire, nothing in effect.

Twenty kills at any moment instead of three: ``CHAOS_RUNS=7 pytest tests/chaos/bus/test_dying_workers.py -k moment``.
"""

import pytest

from fairground_common.testing import eventually
from fairground_common.testing.chaos import Member, chance, runs
from fairground_deploy.testing.line import Line

pytestmark = pytest.mark.timeout(400)
"""The first test of a session starts everything; a busy machine is no failure."""

KILLED = -9
KILLS = 3
HELD = 50


async def test_a_sender_killed_between_confirm_and_delete_sends_again_and_nothing_counts_twice(line: Line) -> None:
    await line.sender.kill()
    await line.sender.start(FAILPOINTS="relay.after_confirm:kill9@4")
    async with line.playing():
        assert await line.sender.died() == KILLED
        await line.sender.start()
        await line.goes_on()
    await line.all_arrived()


async def test_a_consumer_killed_between_effect_and_ack_gets_it_again_and_nothing_counts_twice(line: Line) -> None:
    await line.counter.kill()
    await line.counter.start(FAILPOINTS="consumer.after_effect:kill9@4")
    async with line.playing():
        assert await line.counter.died() == KILLED
        await line.counter.start()
        await line.goes_on()
    await line.all_arrived()


async def test_of_two_senders_the_second_takes_over_when_the_first_is_killed(rabbit_line: Line) -> None:
    second = Member(rabbit_line.sender.program)
    await second.start()
    async with rabbit_line.playing():
        await rabbit_line.sender.kill()
        await rabbit_line.goes_on()
        await rabbit_line.sender.start()
        await second.kill()
        await rabbit_line.goes_on()
    await rabbit_line.all_arrived()


@pytest.mark.parametrize("seed", runs(1))
async def test_a_consumer_killed_at_any_moment_counts_everything_once(rabbit_line: Line, seed: int) -> None:
    by = chance(seed)
    async with rabbit_line.playing():
        for _ in range(KILLS):
            await rabbit_line.goes_on(plays=by.randrange(1, 60))
            await rabbit_line.counter.kill()
            await rabbit_line.counter.start()
        await rabbit_line.goes_on()
    await rabbit_line.all_arrived()


async def test_a_consumer_told_to_end_gives_back_what_it_holds(line: Line) -> None:
    await line.all_arrived()
    before = await line.counted()
    async with line.counting_held_up():
        await line.play(HELD)
        await line.all_sent()
        await eventually(lambda: _nothing_waits(line))
        assert await line.counter.stop() == 0
        assert await line.counted() == before, "nothing was acknowledged before it was counted"
        assert await eventually(line.waiting) > 0
    await line.counter.start()
    await line.all_arrived()


async def _nothing_waits(line: Line) -> bool:
    return not await line.waiting()
