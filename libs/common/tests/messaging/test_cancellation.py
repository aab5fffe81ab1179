"""A process that is told to stop stops, whatever the libraries make of it."""

import asyncio

import pytest

from fairground_common.messaging.rabbitmq_link import broker_trouble


async def test_a_cancellation_swallowed_by_a_library_is_still_carried_out() -> None:
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def ask_for_ever() -> None:
        while True:
            with broker_trouble():
                await asyncio.wait_for(answer, 5)  # until Python 3.12: returns a ready answer, cancelled or not

    task = asyncio.create_task(ask_for_ever())
    await asyncio.sleep(0)
    answer.set_result(None)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
