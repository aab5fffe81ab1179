"""Commands of one player follow each other; those of others do not wait."""

import asyncio

import pytest

from fairground_common.errors import LockNotAcquired
from fairground_common.testing import eventually
from fairground_common.web.turns import Turns


async def test_one_players_commands_run_one_after_the_other_in_the_order_they_came() -> None:
    turns, running, ended = Turns(), 0, []

    async def command(number: int) -> None:
        nonlocal running
        async with turns.of(7):
            running += 1
            assert running == 1
            await asyncio.sleep(0)
            running -= 1
            ended.append(number)

    await asyncio.gather(*map(command, range(20)))
    assert ended == list(range(20))


async def test_another_player_does_not_wait() -> None:
    turns = Turns()
    async with turns.of(1), turns.of(2):
        pass


async def test_a_turn_that_does_not_come_in_time_is_refused_and_the_next_one_still_comes() -> None:
    turns = Turns(seconds=0.01)
    async with turns.of(7):
        with pytest.raises(LockNotAcquired) as refusal:
            async with turns.of(7):
                pytest.fail("the first command has not ended")
        assert refusal.value.retry_after == 1
    async with turns.of(7):
        pass


async def test_a_command_that_fails_or_is_cancelled_gives_its_turn_away() -> None:
    turns, entered = Turns(), asyncio.Event()

    async def stuck() -> None:
        async with turns.of(7):
            entered.set()
            await asyncio.Event().wait()

    with pytest.raises(ZeroDivisionError):
        async with turns.of(7):
            raise ZeroDivisionError
    first = asyncio.create_task(stuck())
    await entered.wait()
    waiting = asyncio.create_task(stuck())
    await asyncio.sleep(0)
    waiting.cancel()
    first.cancel()
    async with turns.of(7):
        pass
    await eventually(lambda: first.cancelled() and waiting.cancelled())


async def test_nothing_is_kept_of_players_who_are_done() -> None:
    turns = Turns()
    for user_id in range(1000):
        async with turns.of(user_id):
            pass
    assert len(turns) == 0
